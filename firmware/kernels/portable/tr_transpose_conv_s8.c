/* Portable transposed convolution: an output at a time, from the inputs that reach it. Along each
 * axis these stand side by side, and meet every stride-th tap, the last one first. */
#include "tinyrob/tr_transpose_conv_s8.h"

#include "tr_dot.h"
#include "tr_meeting.h"

typedef struct patch {
    tr_meeting rows, columns;
    const int8_t *in; /* the image */
} patch;

static const int8_t *pixel(const tr_transpose_conv *conv, int32_t y, int32_t x, const int8_t *in)
{
    return in + (y * conv->spread.in_w + x) * conv->in_c;
}

static void sum_4(int32_t sum[4], const tr_transpose_conv *conv, const patch *p,
                  const int8_t *weights)
{
    const tr_spread *s = &conv->spread;
    int32_t y = p->rows.from;
    for (int32_t ky = p->rows.first; ky < p->rows.last; ky += s->stride_h, y--) {
        int32_t x = p->columns.from;
        for (int32_t kx = p->columns.first; kx < p->columns.last; kx += s->stride_w, x--) {
            const int32_t tap = (ky * s->kernel_w + kx) * conv->in_c;
            tr_dot_4(sum, pixel(conv, y, x, p->in), weights + 4 * tap, conv->in_c,
                     conv->input_offset);
        }
    }
}

static int32_t sum_1(int32_t sum, const tr_transpose_conv *conv, const patch *p,
                     const int8_t *weights)
{
    const tr_spread *s = &conv->spread;
    int32_t y = p->rows.from;
    for (int32_t ky = p->rows.first; ky < p->rows.last; ky += s->stride_h, y--) {
        int32_t x = p->columns.from;
        for (int32_t kx = p->columns.first; kx < p->columns.last; kx += s->stride_w, x--) {
            const int32_t tap = (ky * s->kernel_w + kx) * conv->in_c;
            sum = tr_dot_1(sum, pixel(conv, y, x, p->in), weights + tap, conv->in_c,
                           conv->input_offset);
        }
    }
    return sum;
}

static void all_channels(const tr_transpose_conv *conv, const patch *p, int8_t *out)
{
    const int32_t kernel = conv->spread.kernel_h * conv->spread.kernel_w * conv->in_c;
    const int8_t *weights = conv->weights;
    int32_t o = 0;
    for (; o + 4 <= conv->out_c; o += 4, weights += 4 * kernel) {
        int32_t sum[4] = {conv->bias[o], conv->bias[o + 1], conv->bias[o + 2], conv->bias[o + 3]};
        sum_4(sum, conv, p, weights);
        for (int32_t j = 0; j < 4; j++) {
            out[o + j] = tr_requantize(sum[j], conv->multiplier[o + j], conv->shift[o + j],
                                       &conv->output);
        }
    }
    for (; o < conv->out_c; o++, weights += kernel) {
        out[o] = tr_requantize(sum_1(conv->bias[o], conv, p, weights), conv->multiplier[o],
                               conv->shift[o], &conv->output);
    }
}

void tr_transpose_conv_s8(const tr_transpose_conv *conv, const int8_t *in, int8_t *out,
                          void *scratch)
{
    const tr_spread *s = &conv->spread;
    (void)scratch;
    for (int32_t n = 0; n < conv->batches; n++, in += s->in_h * s->in_w * conv->in_c) {
        for (int32_t y = 0; y < s->out_h; y++) {
            patch p = {tr_meet(y + s->pad_top, s->kernel_h, s->stride_h, s->in_h), {0, 0, 0}, in};
            for (int32_t x = 0; x < s->out_w; x++, out += conv->out_c) {
                p.columns = tr_meet(x + s->pad_left, s->kernel_w, s->stride_w, s->in_w);
                all_channels(conv, &p, out);
            }
        }
    }
}
