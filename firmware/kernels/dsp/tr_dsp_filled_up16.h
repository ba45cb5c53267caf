/* A row of int16 that is no whole number of fours, copied to where zeros fill it up. */
#ifndef TINYROB_TR_DSP_FILLED_UP16_H
#define TINYROB_TR_DSP_FILLED_UP16_H

#include <stdint.h>

/* n values, then zeros up to a whole number of fours. */
static inline void tr_dsp_filled_up16(int16_t *to, const int16_t *from, uint32_t n)
{
    const uint32_t whole = (n + 3u) / 4u * 4u;
    for (uint32_t i = 0; i < whole; i++) {
        to[i] = (int16_t)(i < n ? from[i] : 0);
    }
}

#endif
