/* Mean along some axes, int8: TFLite's MEAN. */
#ifndef TINYROB_TR_MEAN_S8_H
#define TINYROB_TR_MEAN_S8_H

#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The input's axes, merged to (outer, reduced[0], middle, reduced[1], inner); the mean is taken
 * along both reduced ones, of at most 2^23 values together. `bias` is -zero_point times their
 * number, the multiplier holds the division by it. */
typedef struct tr_mean {
    uint32_t outer, middle, inner;
    uint32_t reduced[2];
    int32_t bias;
    int32_t multiplier;
    int8_t shift;
    tr_output output;
} tr_mean;

/* in: outer * reduced[0] * middle * reduced[1] * inner values; out: outer * middle * inner; no
 * overlap. */
void tr_mean_s8(const tr_mean *mean, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
