/* CRC-32 as zlib and Ethernet have it (reflected 0x04C11DB7), four bits at a time. */
#ifndef TINYROB_TR_CRC32_H
#define TINYROB_TR_CRC32_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the checksum of any data followed by its own checksum (little-endian) comes to. */
#define TR_CRC32_RESIDUE 0x2144DF1CUL

/* Checksum of what came before (0 at first) followed by `data`. */
uint32_t tr_crc32(uint32_t before, const uint8_t *data, uint32_t bytes);

/* By what those look who look at what is in flash, which is much. Where a part has a unit for it,
 * -DTR_FLASH_CRC32=NAME names a function that drives it and gives the same. */
#ifdef TR_FLASH_CRC32
uint32_t TR_FLASH_CRC32(uint32_t before, const uint8_t *data, uint32_t bytes);
#else
#define TR_FLASH_CRC32 tr_crc32
#endif

#ifdef __cplusplus
}
#endif

#endif
