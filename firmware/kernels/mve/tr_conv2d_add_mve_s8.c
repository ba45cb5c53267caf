/* Convolution with a residual sum at its end: a row goes to scratch, and from there through
 * tr_mve_add over the other operand. Saves the convolution's output in RAM, which is what sets
 * the peak of residual networks. */
#include "tinyrob/tr_conv2d_add_mve_s8.h"

#include "tr_mve_add.h"
#include "tr_mve_conv_row.h"

void tr_conv2d_add_mve_s8(const tr_conv2d_add_mve *both, const int8_t *in, const int8_t *other,
                          int8_t *out, void *scratch)
{
    const tr_conv2d_mve *conv = &both->conv;
    const tr_window *w = &conv->window;
    const int32_t values = w->out_w * conv->out_c;
    int8_t *row = scratch;
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c) {
        for (int32_t y = 0; y < w->out_h; y++, other += values, out += values) {
            tr_mve_conv_row(conv, y, in, row, row + values);
            tr_mve_add(&both->add, row, other, out, values);
        }
    }
}
