/* 0 to 16 bytes, after any others. */
#include "tinyrob/tr_crc32.h"

#include "proof.h"

int main(void)
{
    for (int32_t bytes = 0; bytes <= 16; bytes++) {
        (void)tr_crc32((uint32_t)ANY_WORD, (const uint8_t *)any_bytes(bytes), (uint32_t)bytes);
    }
    return 0;
}
