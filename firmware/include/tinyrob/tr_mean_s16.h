/* Mean and sum along some axes, int16: TFLite's MEAN and SUM. */
#ifndef TINYROB_TR_MEAN_S16_H
#define TINYROB_TR_MEAN_S16_H

#include "tinyrob/tr_output16.h"
#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The input's axes, merged to (outer, reduced[0], middle, reduced[1], inner); both reduced ones, of at
 * most 2^15 values together, become one. A mean's multiplier holds the division. */
typedef struct tr_mean16 {
    uint32_t outer, middle, inner;
    uint32_t reduced[2];
    int32_t multiplier;
    int8_t shift;
    tr_output16 output;
} tr_mean16;

/* in: outer * reduced[0] * middle * reduced[1] * inner values; out: outer * middle * inner; no
 * overlap. */
void tr_mean_s16(const tr_mean16 *mean, const int16_t *in, int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
