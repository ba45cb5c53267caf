/* Convolution of int16 for Cortex-M with MVE: the input rows of one output row are laid side by side,
 * column by column (tr_mve_strip.h), so that a pixel's window lies in one piece; kernels of one row
 * without padding read the input where it is. */
#include "tinyrob/tr_conv2d_mve_s16.h"

#include "tr_mve_outputs16.h"
#include "tr_mve_strip.h"

void tr_conv2d_mve_s16(const tr_conv2d_mve16 *conv, const int16_t *in, int16_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t c = conv->in_c, step = w->stride_w * w->kernel_h * c;
    const uint32_t taps = (uint32_t)w->kernel_h * w->kernel_w * conv->in_c;
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * c) {
        for (int32_t y = 0; y < w->out_h; y++) {
            const int16_t *window = in + y * w->stride_h * w->in_w * c;
            if (!conv->direct) {
                tr_mve_strip(w, 2 * c, 0, y, (const int8_t *)in, scratch);
                window = scratch;
            }
            for (int32_t x = 0; x < w->out_w; x++, window += step, out += conv->out_c) {
                tr_mve_outputs16(&conv->sums, conv->stream, window, taps, conv->out_c, out);
            }
        }
    }
}
