/* Filters of features over time on Cortex-M with MVE, int8 with a state of int8 or int16: TFLite's
 * SVDF. */
#ifndef TINYROB_TR_SVDF_MVE_S8_H
#define TINYROB_TR_SVDF_MVE_S8_H

#include "tinyrob/tr_svdf_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `stream` has the filters' biases and weights of features, four by four, as
 * kernels/mve/tr_mve_four_sums.h says: `features` and `feature_bias` are 0. `bias` of
 * a state of int8 holds its zero point, modulo 2^32. */
typedef struct tr_svdf_mve {
    tr_svdf svdf;
    const int32_t *stream;
} tr_svdf_mve;

/* As tr_svdf_s8. */
void tr_svdf_mve_s8(const tr_svdf_mve *filters, const int8_t *in, int8_t *out, int8_t *state,
                    void *scratch);

#ifdef __cplusplus
}
#endif

#endif
