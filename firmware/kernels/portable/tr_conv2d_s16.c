/* Portable convolution of int16. Weights: tr_dot.h's blocks, taps in the order (row, column,
 * channel). Windows are clipped to the image first: padding is 0, and adds nothing. */
#include "tinyrob/tr_conv2d_s16.h"

#include "tr_dot16.h"

typedef struct patch {
    tr_taps rows, columns;
    const int16_t *in; /* the image */
} patch;

/* Runs of taps whose inputs stand side by side: a whole clipped row, or one pixel if dilated. */
static int32_t run_taps(const tr_window *w, const patch *p)
{
    return w->dilation_w == 1 ? p->columns.last - p->columns.first : 1;
}

static const int16_t *pixel(const tr_conv2d16 *conv, const patch *p, int32_t ky, int32_t kx)
{
    const tr_window *w = &conv->window;
    const int32_t y = p->rows.origin + ky * w->dilation_h;
    const int32_t x = p->columns.origin + kx * w->dilation_w;
    return p->in + (y * w->in_w + x) * conv->in_c;
}

/* Adds to `width` (1 or 4) sums; `weights` are those of their channels. */
static inline void add_taps(int64_t *sum, int32_t width, const tr_conv2d16 *conv, const patch *p,
                            const int8_t *weights)
{
    const int32_t taps = run_taps(&conv->window, p);
    for (int32_t ky = p->rows.first; ky < p->rows.last; ky++) {
        for (int32_t kx = p->columns.first; kx < p->columns.last; kx += taps) {
            const int32_t tap = (ky * conv->window.kernel_w + kx) * conv->in_c;
            const int16_t *in = pixel(conv, p, ky, kx);
            if (width == 4) {
                tr_dot16_4(sum, in, weights + 4 * tap, taps * conv->in_c);
            } else {
                *sum = tr_dot16_1(*sum, in, weights + tap, taps * conv->in_c);
            }
        }
    }
}

static void all_channels(const tr_conv2d16 *conv, const patch *p, int16_t *out)
{
    const int32_t kernel = conv->window.kernel_h * conv->window.kernel_w * conv->in_c;
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

void tr_conv2d_s16(const tr_conv2d16 *conv, const int16_t *in, int16_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    (void)scratch;
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c) {
        for (int32_t y = 0; y < w->out_h; y++) {
            patch p = {tr_clip_rows(w, y), {0, 0, 0}, in};
            for (int32_t x = 0; x < w->out_w; x++, out += conv->out_c) {
                p.columns = tr_clip_columns(w, x);
                all_channels(conv, &p, out);
            }
        }
    }
}
