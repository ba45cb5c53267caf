/* Depthwise convolution of int16 for Cortex-M with DSP: four channels of a pixel at a time, each
 * product by an instruction that picks its half words. */
#include "tinyrob/tr_depthwise_conv2d_dsp_s16.h"

#include "tr_dsp_outputs16.h"

static inline int32_t pair_of(const int16_t *in)
{
    int32_t word;
    __builtin_memcpy(&word, in, 4);
    return word;
}

/* Four channels; `in` is the image and `w` the kernel, both at the first of them. */
static void four(const tr_depthwise_conv2d16 *conv, tr_taps rows, tr_taps columns,
                 const int16_t *in, const int8_t *w, int32_t sums[4])
{
    const tr_window *window = &conv->window;
    const int32_t c = conv->in_c, step = window->dilation_w * c;
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (int32_t ky = rows.first; ky < rows.last; ky++) {
        const int32_t y = rows.origin + ky * window->dilation_h;
        const int32_t x = columns.origin + columns.first * window->dilation_w;
        const int8_t *tap = w + (ky * window->kernel_w + columns.first) * c;
        const int16_t *value = in + (y * window->in_w + x) * c;
        for (int32_t n = columns.last - columns.first; n > 0; n--, tap += c, value += step) {
            const int32_t low = pair_of(value), high = pair_of(value + 2);
            const int32_t even = tr_sxtb16(tr_load4(tap)), odd = tr_sxtb16_odd(tr_load4(tap));
            s0 = tr_smlabb(low, even, s0);
            s1 = tr_smlatb(low, odd, s1);
            s2 = tr_smlabt(high, even, s2);
            s3 = tr_smlatt(high, odd, s3);
        }
    }
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

static inline int16_t output(int32_t sum, const tr_sums16 *of, int32_t channel)
{
    return of->wide == TR_DSP_NARROW ? tr_dsp_output16(sum, of, channel)
                                     : tr_finish16(of->bias[channel] + sum, of, channel);
}

void tr_depthwise_conv2d_dsp_s16(const tr_depthwise_conv2d16 *conv, const int16_t *in,
                                 int16_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t c = conv->in_c;
    (void)scratch;
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * c) {
        for (int32_t y = 0; y < w->out_h; y++) {
            const tr_taps rows = tr_clip_rows(w, y);
            for (int32_t x = 0; x < w->out_w; x++, out += c) {
                const tr_taps columns = tr_clip_columns(w, x);
                for (int32_t o = 0; o < c; o += 4) {
                    int32_t sums[4];
                    four(conv, rows, columns, in + o, conv->weights + o, sums);
                    for (int32_t j = o; j < o + 4; j++) {
                        out[j] = output(sums[j - o], &conv->sums, j);
                    }
                }
            }
        }
    }
}
