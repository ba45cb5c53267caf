#include "tinyrob/tr_crc32.h"

/* 64 bytes of table instead of 1,024: the link is slower than this loop on any part. */
static const uint32_t nibbles[16] = {
    0x00000000UL, 0x1DB71064UL, 0x3B6E20C8UL, 0x26D930ACUL, 0x76DC4190UL, 0x6B6B51F4UL,
    0x4DB26158UL, 0x5005713CUL, 0xEDB88320UL, 0xF00F9344UL, 0xD6D6A3E8UL, 0xCB61B38CUL,
    0x9B64C2B0UL, 0x86D3D2D4UL, 0xA00AE278UL, 0xBDBDF21CUL,
};

uint32_t tr_crc32(uint32_t before, const uint8_t *data, uint32_t bytes)
{
    uint32_t crc = ~before;
    for (uint32_t i = 0; i < bytes; i++) {
        crc ^= data[i];
        crc = (crc >> 4) ^ nibbles[crc & 15U];
        crc = (crc >> 4) ^ nibbles[crc & 15U];
    }
    return ~crc;
}
