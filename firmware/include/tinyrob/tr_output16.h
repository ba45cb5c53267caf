/* How a rescaled value becomes an int16, whose zero point is 0. */
#ifndef TINYROB_TR_OUTPUT16_H
#define TINYROB_TR_OUTPUT16_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A clamp to [lo, hi]. */
typedef struct tr_output16 {
    int16_t lo;
    int16_t hi;
} tr_output16;

/* x, already on the output's scale, as an int16. */
static inline int16_t tr_clamp16(int32_t x, const tr_output16 *to)
{
    x = x < to->lo ? to->lo : x;
    return (int16_t)(x > to->hi ? to->hi : x);
}

#ifdef __cplusplus
}
#endif

#endif
