/* Dense layer on Cortex-M with DSP, for factors below one half: TFLite's FULLY_CONNECTED. */
#ifndef TINYROB_TR_FULLY_CONNECTED_SCALED_DSP_S8_H
#define TINYROB_TR_FULLY_CONNECTED_SCALED_DSP_S8_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `stream` holds biases, with the input's zero point in them, and weights of four channels at a
 * time, laid out as kernels/dsp/tr_dsp_dot4.h says. `factors` holds m, n and e of tr_dsp_dot.h for
 * each channel, `advance` being 12 bytes, or once for all, `advance` being 0; where there are
 * several, their number is a multiple of four. `rectified` is 1 for the epilogue of that name;
 * outputs are clamped to [lo, hi]. */
typedef struct tr_fully_connected_scaled_dsp {
    uint32_t batches, in_c, out_c, advance;
    const int32_t *stream;
    const int32_t *factors;
    uint8_t rectified;
    int8_t lo, hi;
} tr_fully_connected_scaled_dsp;

/* in: batches * in_c values; out: batches * out_c; no overlap. scratch: in_c bytes, rounded up to
 * a multiple of 4, where in_c is none. */
void tr_fully_connected_scaled_dsp_s8(const tr_fully_connected_scaled_dsp *dense, const int8_t *in,
                                      int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
