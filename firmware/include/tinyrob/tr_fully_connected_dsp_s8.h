/* Dense layer on Cortex-M with DSP, int8, per tensor or per channel: TFLite's FULLY_CONNECTED. */
#ifndef TINYROB_TR_FULLY_CONNECTED_DSP_S8_H
#define TINYROB_TR_FULLY_CONNECTED_DSP_S8_H

#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `stream` holds biases, with the input's zero point in them, and weights of four channels at a
 * time, laid out as kernels/dsp/tr_dsp_dot4.h says, with the ranges it relies on. multiplier and
 * shift as in tr_fully_connected. Rows whose sums would leave those ranges are added up in parts of
 * `part` words of taps, the last one being what is left; the stream then has biases and weights
 * part by part. */
typedef struct tr_fully_connected_dsp {
    uint32_t batches, in_c, out_c, part;
    const int32_t *stream;
    const int32_t *multiplier;
    const int8_t *shift;
    uint8_t per_channel;
    tr_output output;
} tr_fully_connected_dsp;

/* in: batches * in_c values; out: batches * out_c; no overlap. scratch: in_c bytes, rounded up to
 * a multiple of 4, where in_c is none. */
void tr_fully_connected_dsp_s8(const tr_fully_connected_dsp *dense, const int8_t *in, int8_t *out,
                               void *scratch);

#ifdef __cplusplus
}
#endif

#endif
