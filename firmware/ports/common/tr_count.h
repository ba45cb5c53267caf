/* Counts beyond 2^32, from two counters of 32 bits. */
#ifndef TR_COUNT_H
#define TR_COUNT_H

#include <stdint.h>

#include "tr_port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The count with these low 32 bits during which tr_port_slow_count advanced by `ticks`. What the
 * ticks say is less than 2^31 away from it, so one number only fits. */
static inline uint64_t tr_count_whole(uint32_t low, uint32_t ticks)
{
    const uint64_t about = (uint64_t)ticks * tr_port_slow_period();
    return about + (uint64_t)(int64_t)(int32_t)(low - (uint32_t)about);
}

/* Divides by 1 to 65,536 and gives the remainder, 16 bits at a time: the compiler's division of 64
 * bits is larger than most programs that print a count. */
static inline uint32_t tr_count_divide(uint64_t *count, uint32_t divisor)
{
    uint64_t quotient = 0;
    uint32_t rest = 0;
    for (uint32_t shift = 64; shift > 0U;) {
        shift -= 16U;
        rest = rest << 16 | (uint32_t)(*count >> shift & 0xFFFFU);
        quotient = quotient << 16 | rest / divisor;
        rest %= divisor;
    }
    *count = quotient;
    return rest;
}

#ifdef __cplusplus
}
#endif

#endif
