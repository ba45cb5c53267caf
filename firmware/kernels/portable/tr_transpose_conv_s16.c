/* Portable transposed convolution of int16: as of int8. */
#include "tinyrob/tr_transpose_conv_s16.h"

#include "tr_dot16.h"
#include "tr_meeting.h"

typedef struct patch {
    tr_meeting rows, columns;
    const int16_t *in; /* the image */
} patch;

/* Adds to `width` (1 or 4) sums; `weights` are those of their channels. */
static inline void add_taps(int64_t *sum, int32_t width, const tr_transpose_conv16 *conv,
                            const patch *p, const int8_t *weights)
{
    const tr_spread *s = &conv->spread;
    int32_t y = p->rows.from;
    for (int32_t ky = p->rows.first; ky < p->rows.last; ky += s->stride_h, y--) {
        int32_t x = p->columns.from;
        for (int32_t kx = p->columns.first; kx < p->columns.last; kx += s->stride_w, x--) {
            const int32_t tap = (ky * s->kernel_w + kx) * conv->in_c;
            const int16_t *in = p->in + (y * s->in_w + x) * conv->in_c;
            if (width == 4) {
                tr_dot16_4(sum, in, weights + 4 * tap, conv->in_c);
            } else {
                *sum = tr_dot16_1(*sum, in, weights + tap, conv->in_c);
            }
        }
    }
}

static void all_channels(const tr_transpose_conv16 *conv, const patch *p, int16_t *out)
{
    const int32_t kernel = conv->spread.kernel_h * conv->spread.kernel_w * conv->in_c;
    const int64_t *bias = conv->sums.bias;
    const int8_t *weights = conv->weights;
    int32_t o = 0;
    for (; o + 4 <= conv->out_c; o += 4, weights += 4 * kernel) {
        int64_t sum[4] = {bias[o], bias[o + 1], bias[o + 2], bias[o + 3]};
        add_taps(sum, 4, conv, p, weights);
        for (int32_t j = 0; j < 4; j++) {
            out[o + j] = tr_finish16(sum[j], &conv->sums, o + j);
        }
    }
    for (; o < conv->out_c; o++, weights += kernel) {
        int64_t sum = bias[o];
        add_taps(&sum, 1, conv, p, weights);
        out[o] = tr_finish16(sum, &conv->sums, o);
    }
}

void tr_transpose_conv_s16(const tr_transpose_conv16 *conv, const int16_t *in, int16_t *out,
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
