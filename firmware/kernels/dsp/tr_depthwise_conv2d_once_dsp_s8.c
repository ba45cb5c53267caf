/* Depthwise convolution for Cortex-M with DSP, one window of any shape: four channels at a time,
 * read where they are. About 3 instructions a MAC, and 20 an output. */
#include "tinyrob/tr_depthwise_conv2d_once_dsp_s8.h"

#include "tr_dsp.h"
#include "tr_dsp_clamp.h"

/* Four channels' sums of what has been read. */
typedef struct sums {
    int32_t of[4];
} sums;

/* What a window is, apart from its place. */
typedef struct taps {
    int32_t height, width, step, row; /* bytes from tap to tap and from row to row */
} taps;

static inline void add(sums *s, int32_t values, int32_t weights)
{
    const int32_t even = tr_sxtb16(values), odd = tr_sxtb16_odd(values);
    const int32_t even_w = tr_sxtb16(weights), odd_w = tr_sxtb16_odd(weights);
    s->of[0] += (int16_t)even * (int16_t)even_w;
    s->of[1] += (int16_t)odd * (int16_t)odd_w;
    s->of[2] += (even >> 16) * (even_w >> 16);
    s->of[3] += (odd >> 16) * (odd_w >> 16);
}

/* Whole windows of four channels; `weights` follow each other. */
__attribute__((noinline)) static void of_four(const taps *w, const int8_t *in,
                                              const int8_t *weights, int32_t *to)
{
    const int32_t step = w->step, row = w->row;
    sums s = {{0, 0, 0, 0}};
    for (int32_t y = w->height; y > 0; y--, in += row) {
        const int8_t *from = in;
        int32_t x = w->width;
        for (; x >= 2; x -= 2, from += 2 * step, weights += 8) {
            add(&s, tr_load4(from), tr_load4(weights));
            add(&s, tr_load4(from + step), tr_load4(weights + 4));
        }
        if (x > 0) {
            add(&s, tr_load4(from), tr_load4(weights));
            weights += 4;
        }
    }
    to[0] = s.of[0];
    to[1] = s.of[1];
    to[2] = s.of[2];
    to[3] = s.of[3];
}

/* The last channels, fewer than four: nothing is read behind them. */
static void of_rest(const taps *w, const int8_t *in, const int8_t *weights, int32_t count,
                    int32_t *to)
{
    for (int32_t j = 0; j < count; j++) {
        const int8_t *weight = weights + j;
        to[j] = 0;
        for (int32_t y = 0; y < w->height; y++) {
            for (int32_t x = 0; x < w->width; x++, weight += 4) {
                to[j] += in[y * w->row + x * w->step + j] * *weight;
            }
        }
    }
}

/* How outputs are made of sums: where each channel's bias, factor and exponent are. */
typedef struct ends {
    const int32_t *bias, *multiplier;
    const int8_t *exponent;
    int32_t zero; /* the output's zero point and a half, in halves */
    int32_t rectified;
} ends;

static inline int8_t finished(const ends *to, int32_t sum, int32_t j)
{
    const int32_t e = to->exponent[j], m = to->multiplier[j];
    const int32_t half = to->zero * (1 << (e - 1)), twice = 2 * (sum + to->bias[j]);
    if (to->rectified != 0) {
        return (int8_t)tr_ssat8(tr_smmlar(twice, m, half) >> e);
    }
    const int32_t y = tr_smmulr(twice, m);
    return (int8_t)tr_ssat8((y + (y >> 31) + half) >> e);
}

void tr_depthwise_conv2d_once_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in,
                                     int8_t *out, void *scratch)
{
    const tr_window *window = &conv->window;
    const taps w = {window->kernel_h, window->kernel_w, window->dilation_w * conv->in_x,
                    window->dilation_h * conv->in_y};
    const int32_t channels = conv->in_c, four = 4 * w.height * w.width;
    const int8_t *weights = conv->weights;
    int8_t *to = out;
    ends end = {conv->bias, conv->multiplier, conv->exponent, 2 * conv->zero_point + 1,
                conv->rectified};
    int32_t left = channels, s[4];
    (void)scratch;
    for (; left >= 4; left -= 4, weights += four, in += 4, to += 4) {
        of_four(&w, in, weights, s);
        to[0] = finished(&end, s[0], 0);
        to[1] = finished(&end, s[1], 1);
        to[2] = finished(&end, s[2], 2);
        to[3] = finished(&end, s[3], 3);
        end.bias += 4;
        end.multiplier += 4;
        end.exponent += 4;
    }
    if (left > 0) {
        of_rest(&w, in, weights, left, s);
        for (int32_t j = 0; j < left; j++) {
            to[j] = finished(&end, s[j], j);
        }
    }
    tr_dsp_clamp(out, channels, conv->lo, conv->hi);
}
