/* A network's constants in flash, and what their bytes must come to. */
#ifndef TINYROB_TR_CONSTANTS_H
#define TINYROB_TR_CONSTANTS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An array of `bytes` bytes, in elements of `width` (1, 2, 4 or 8); `crc32` is zlib's, of the
 * elements as little-endian bytes. `more`: the next array is of the same layer. */
typedef struct tr_constant {
    const void *data;
    uint32_t bytes;
    uint32_t crc32;
    uint16_t width;
    uint16_t more;
} tr_constant;

/* TR_OK, or TR_WRONG_DIGEST where one of `count` arrays is not what was built. */
int32_t tr_check_constants(const tr_constant *constants, uint32_t count);

/* The same of one layer: that of array *turn, which becomes the next one's (0 behind the last). */
int32_t tr_watch_constants(const tr_constant *constants, uint32_t count, uint32_t *turn);

/* SHA-256 (FIPS 180-4) of all `count` arrays one behind the other, as little-endian bytes. */
void tr_sha256_constants(const tr_constant *constants, uint32_t count, uint8_t digest[32]);

/* Byte `index` of an array in little-endian order, on any core. */
static inline uint8_t tr_constant_byte(const tr_constant *constant, uint32_t index)
{
    const uint8_t *data = (const uint8_t *)constant->data;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    const uint32_t last = constant->width - 1U;
    return data[(index & ~last) | (last - (index & last))];
#else
    return data[index];
#endif
}

#ifdef __cplusplus
}
#endif

#endif
