/* Convolution for Cortex-M with MVE: two or three pixels by four output channels at a time.
 *
 * The input rows of one output row are laid side by side, column by column (tr_mve_strip.h): a
 * pixel's window then lies in one piece, and overlaps the next one's. Kernels of one row without
 * padding read the input where it is. tr_mve_dot.h tells the cost of the inner product; a strip
 * costs 5 instructions for 16 values. */
#include "tinyrob/tr_conv2d_mve_s8.h"

#include "tr_mve_row.h"
#include "tr_mve_strip.h"

static void direct(const tr_conv2d_mve *conv, tr_mve_row *row, const int8_t *in, int8_t *out)
{
    const tr_window *w = &conv->window;
    const int32_t line = w->in_w * conv->in_c;
    if (w->kernel_w == 1 && w->stride_h == 1 && w->stride_w == 1) {
        tr_mve_row_run(row, in, conv->in_c, w->out_h * w->out_w, out);
        return;
    }
    for (int32_t y = 0; y < w->out_h; y++) {
        tr_mve_row_run(row, in, w->stride_w * conv->in_c, w->out_w, out);
        in += w->stride_h * line;
        out += w->out_w * conv->out_c;
    }
}

static void by_strips(const tr_conv2d_mve *conv, tr_mve_row *row, const int8_t *in, int8_t *out,
                      int8_t *strip)
{
    const tr_window *w = &conv->window;
    const int32_t step = w->stride_w * w->kernel_h * conv->in_c;
    for (int32_t y = 0; y < w->out_h; y++) {
        tr_mve_strip(w, conv->in_c, conv->input_zero_point, y, in, strip);
        tr_mve_row_run(row, strip, step, w->out_w, out);
        out += w->out_w * conv->out_c;
    }
}

void tr_conv2d_mve_s8(const tr_conv2d_mve *conv, const int8_t *in, int8_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    tr_mve_row row;
    row.taps = (uint32_t)w->kernel_w * w->kernel_h * conv->in_c;
    row.channels = conv->out_c;
    row.stream = conv->stream;
    row.rectified = conv->rectified;
    row.zero_point = conv->zero_point;
    row.lo = conv->lo;
    row.hi = conv->hi;
    for (int32_t n = 0; n < conv->batches; n++) {
        if (conv->direct) {
            direct(conv, &row, in, out);
        } else {
            by_strips(conv, &row, in, out, scratch);
        }
        in += w->in_h * w->in_w * conv->in_c;
        out += w->out_h * w->out_w * conv->out_c;
    }
}
