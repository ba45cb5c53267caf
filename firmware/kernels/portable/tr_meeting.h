/* Which inputs and taps of a transposed convolution meet in an output. */
#ifndef TINYROB_TR_MEETING_H
#define TINYROB_TR_MEETING_H

#include "tinyrob/tr_spread.h"

/* The taps that an output meets along one axis: `first`, then every stride-th below `last`; the
 * first one meets input `from`, the next one the input before that. */
typedef struct tr_meeting {
    int32_t first, last, from;
} tr_meeting;

static inline tr_meeting tr_meet(int32_t place, int32_t taps, int32_t stride, int32_t inputs)
{
    tr_meeting m = {place % stride, taps, place / stride};
    if (m.from >= inputs) { /* the taps in front are those of inputs behind the end */
        m.first += (m.from - inputs + 1) * stride;
        m.from = inputs - 1;
    }
    const int32_t beyond = m.first + (m.from + 1) * stride; /* would meet input -1 */
    m.last = beyond < taps ? beyond : taps;
    return m;
}

#endif
