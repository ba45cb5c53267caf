/* Filters of features over time on Cortex-M with DSP, int8 with a state of int8 or int16: TFLite's
 * SVDF. */
#ifndef TINYROB_TR_SVDF_DSP_S8_H
#define TINYROB_TR_SVDF_DSP_S8_H

#include "tinyrob/tr_svdf_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `stream` has the filters' biases and weights of features, four by four, as
 * kernels/dsp/tr_dsp_dot4.h says, with the ranges it relies on: `features` and `feature_bias` are 0. `bias` of
 * a state of int8 holds its zero point, modulo 2^32. */
typedef struct tr_svdf_dsp {
    tr_svdf svdf;
    const int32_t *stream;
} tr_svdf_dsp;

/* As tr_svdf_s8. scratch: in_c bytes, rounded up to a multiple of 4, where in_c is none. */
void tr_svdf_dsp_s8(const tr_svdf_dsp *filters, const int8_t *in, int8_t *out, int8_t *state,
                    void *scratch);

#ifdef __cplusplus
}
#endif

#endif
