/* Convolution for Cortex-M with MVE: two or three pixels by four output channels at a time.
 *
 * The input rows of one output row are laid side by side, column by column (tr_mve_strip.h): a
 * pixel's window then lies in one piece, and overlaps the next one's. Kernels of one row without
 * padding read the input where it is. tr_mve_dot.h and tr_mve_few.h tell what products cost;
 * a strip costs 5 instructions for 16 values. */
#include "tinyrob/tr_conv2d_mve_s8.h"

#include "tr_mve_conv_row.h"

void tr_conv2d_mve_s8(const tr_conv2d_mve *conv, const int8_t *in, int8_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c) {
        for (int32_t y = 0; y < w->out_h; y++, out += w->out_w * conv->out_c) {
            tr_mve_conv_row(conv, y, in, out, scratch);
        }
    }
}
