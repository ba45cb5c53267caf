/* Portable convolution. Weights: tr_dot.h's blocks, taps in the order (row, column, channel).
 * Each window is clipped to the image first, so that the inner loop has no bounds to check; taps
 * in the padding contribute nothing, as the padding's value is the input's zero point. */
#include "tinyrob/tr_conv2d_s8.h"

#include "tr_dot.h"

typedef struct patch {
    tr_taps rows, columns;
    const int8_t *in; /* the image */
} patch;

/* Runs of taps whose inputs stand side by side: a whole clipped row, or one pixel if dilated. */
static int32_t run_taps(const tr_window *w, const patch *p)
{
    return w->dilation_w == 1 ? p->columns.last - p->columns.first : 1;
}

static const int8_t *pixel(const tr_conv2d *conv, const patch *p, int32_t ky, int32_t kx)
{
    const tr_window *w = &conv->window;
    const int32_t y = p->rows.origin + ky * w->dilation_h;
    const int32_t x = p->columns.origin + kx * w->dilation_w;
    return p->in + (y * w->in_w + x) * conv->in_c;
}

static void sum_4(int32_t sum[4], const tr_conv2d *conv, const patch *p, const int8_t *weights)
{
    const int32_t taps = run_taps(&conv->window, p);
    for (int32_t ky = p->rows.first; ky < p->rows.last; ky++) {
        for (int32_t kx = p->columns.first; kx < p->columns.last; kx += taps) {
            const int32_t tap = (ky * conv->window.kernel_w + kx) * conv->in_c;
            tr_dot_4(sum, pixel(conv, p, ky, kx), weights + 4 * tap, taps * conv->in_c,
                     conv->input_offset);
        }
    }
}

/* Of the patch, then of the one whose inputs are `apart` bytes on. */
static void sum_4_by_2(int32_t sum[8], const tr_conv2d *conv, const patch *p, const int8_t *weights,
                       int32_t apart)
{
    const int32_t taps = run_taps(&conv->window, p);
    for (int32_t ky = p->rows.first; ky < p->rows.last; ky++) {
        for (int32_t kx = p->columns.first; kx < p->columns.last; kx += taps) {
            const int32_t tap = (ky * conv->window.kernel_w + kx) * conv->in_c;
            const int8_t *in = pixel(conv, p, ky, kx);
            tr_dot_4_by_2(sum, in, in + apart, weights + 4 * tap, taps * conv->in_c,
                          conv->input_offset);
        }
    }
}

static int32_t sum_1(int32_t sum, const tr_conv2d *conv, const patch *p, const int8_t *weights)
{
    const int32_t taps = run_taps(&conv->window, p);
    for (int32_t ky = p->rows.first; ky < p->rows.last; ky++) {
        for (int32_t kx = p->columns.first; kx < p->columns.last; kx += taps) {
            const int32_t tap = (ky * conv->window.kernel_w + kx) * conv->in_c;
            sum = tr_dot_1(sum, pixel(conv, p, ky, kx), weights + tap, taps * conv->in_c,
                           conv->input_offset);
        }
    }
    return sum;
}

static void put_4(const tr_conv2d *conv, const int32_t sum[4], int32_t o, int8_t *out)
{
    for (int32_t j = o; j < o + 4; j++) {
        out[j] = tr_requantize(sum[j - o], conv->multiplier[j], conv->shift[j], &conv->output);
    }
}

/* Of one pixel, or of `pixels` = 2 whose windows are clipped alike. */
static void all_channels(const tr_conv2d *conv, patch *p, int32_t pixels, int8_t *out)
{
    const int32_t kernel = conv->window.kernel_h * conv->window.kernel_w * conv->in_c;
    const int8_t *weights = conv->weights;
    const int32_t *bias = conv->bias;
    int32_t o = 0;
    for (; o + 4 <= conv->out_c; o += 4, weights += 4 * kernel) {
        int32_t sum[8] = {bias[o], bias[o + 1], bias[o + 2], bias[o + 3],
                          bias[o], bias[o + 1], bias[o + 2], bias[o + 3]};
        if (TR_DOT_PIXELS == 2 && pixels == 2) {
            sum_4_by_2(sum, conv, p, weights, conv->window.stride_w * conv->in_c);
            put_4(conv, sum + 4, o, out + conv->out_c);
        } else {
            sum_4(sum, conv, p, weights);
        }
        put_4(conv, sum, o, out);
    }
    for (; pixels > 0; pixels--, out += conv->out_c, p->columns.origin += conv->window.stride_w) {
        const int8_t *last = weights;
        for (int32_t c = o; c < conv->out_c; c++, last += kernel) {
            out[c] = tr_requantize(sum_1(bias[c], conv, p, last), conv->multiplier[c],
                                   conv->shift[c], &conv->output);
        }
    }
}

void tr_conv2d_s8(const tr_conv2d *conv, const int8_t *in, int8_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    (void)scratch;
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c) {
        for (int32_t y = 0; y < w->out_h; y++) {
            patch p = {tr_clip_rows(w, y), tr_clip_columns(w, 0), in};
            for (int32_t x = 0; x < w->out_w;) {
                const tr_taps next = tr_clip_columns(w, x + 1);
                const int32_t alike = TR_DOT_PIXELS == 2 && x + 1 < w->out_w &&
                                      next.first == p.columns.first && next.last == p.columns.last;
                const int32_t pixels = alike ? 2 : 1;
                all_channels(conv, &p, pixels, out);
                out += pixels * conv->out_c;
                x += pixels;
                p.columns = alike ? tr_clip_columns(w, x) : next;
            }
        }
    }
}
