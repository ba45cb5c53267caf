/* What ADD_N and CUMSUM share: how they rescale. */
#ifndef TINYROB_TR_SUM_H
#define TINYROB_TR_SUM_H

#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values without their zero point are summed, beginning with `offset`, which is minus that zero
 * point: TFLite's sums begin with the integer 0. They are rescaled from half the input's scale, 20
 * bits up; beyond 4095 they wrap, as TFLite's do. */
typedef struct tr_sum {
    int16_t offset; /* [-127, 128] */
    int32_t multiplier;
    int8_t shift; /* [-31, 0] */
    tr_output output;
} tr_sum;

/* A sum as an output; any sum. */
static inline int8_t tr_summed(int32_t total, const tr_sum *sum)
{
    return tr_requantize(tr_shift_left(total, 19), sum->multiplier, sum->shift, &sum->output);
}

#ifdef __cplusplus
}
#endif

#endif
