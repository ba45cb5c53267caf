#include "tr_mve_conv_row.h"

#include "tr_mve_dot.h"
#include "tr_mve_few.h"
#include "tr_mve_strip.h"

/* The channels behind the last whole group, through a buffer. */
static void rest(const tr_mve_pixels *some, int32_t pixels, int32_t channels, int8_t *out)
{
    const int32_t n = channels % 4;
    tr_mve_pixels last = *some;
    int8_t buffer[3][4];
    last.stream += some->groups * ((some->taps + 15u) / 16u * 16u + TR_MVE_DOT_PARAMETERS);
    last.groups = 1;
    for (int32_t j = 0; j < 3; j++) {
        last.out[j] = buffer[j];
    }
    tr_mve_dot(&last);
    for (int32_t j = 0; j < pixels; j++) {
        for (int32_t c = 0; c < n; c++) {
            out[(j + 1) * channels - n + c] = buffer[j][c];
        }
    }
}

/* Pixels whose windows are `step` apart, from `in` on. */
static void run(tr_mve_pixels *some, const int8_t *in, int32_t step, int32_t pixels,
                int32_t channels, int8_t *out)
{
    while (pixels > 0) {
        /* Threes, and twos at the end; one that is alone is computed as both of two. */
        const int32_t count = pixels == 3 || pixels > 4 ? 3 : pixels == 1 ? 1 : 2;
        some->pixels = count == 3 ? 3u : 2u;
        some->in[0] = in;
        some->in[1] = count == 1 ? in : in + step;
        some->in[2] = count == 3 ? in + 2 * step : in;
        if (some->groups > 0u) {
            some->out[0] = out;
            some->out[1] = count == 1 ? out : out + channels;
            some->out[2] = count == 3 ? out + 2 * channels : out;
            tr_mve_dot(some);
        }
        if (channels % 4 != 0) {
            rest(some, count, channels, out);
        }
        in += count * step;
        out += count * channels;
        pixels -= count;
    }
}

/* Windows of up to 16 values, as many of them as have 16 in the row: how many were made. */
static int32_t first_pixels(const tr_conv2d_mve *conv, const tr_mve_pixels *some, const int8_t *in,
                            int32_t step, int8_t *out)
{
    const int32_t out_c = conv->out_c, missing = 16 - (int32_t)some->taps;
    const int32_t pixels = conv->window.out_w - (missing + step - 1) / step;
    tr_mve_few few;
    if (missing < 0 || out_c % 4 != 0 || pixels < 2) {
        return 0;
    }
    few.in = in;
    few.step = step;
    few.out = out;
    few.advance = 2 * out_c;
    few.pairs = pixels / 2;
    few.groups = out_c / 4;
    few.stream = conv->stream;
    few.zero_point = conv->zero_point;
    few.full = conv->zero_point == -128 && conv->lo == -128 && conv->hi == 127;
    for (int32_t i = 0; i < 8; i++) {
        few.places[i] = (uint16_t)(i / 2 + i % 2 * out_c);
        few.lo[i] = conv->lo;
        few.hi[i] = conv->hi;
    }
    tr_mve_few_run(&few);
    return pixels / 2 * 2;
}

void tr_mve_conv_row(const tr_conv2d_mve *conv, int32_t y, const int8_t *in, int8_t *out,
                     int8_t *strip)
{
    const tr_window *w = &conv->window;
    tr_mve_pixels some;
    some.zero_point = conv->zero_point;
    some.taps = (uint32_t)w->kernel_w * w->kernel_h * conv->in_c;
    some.stream = conv->stream;
    some.groups = conv->out_c / 4u;
    some.rectified = conv->rectified;
    for (int32_t i = 0; i < 4; i++) {
        some.lo[i] = conv->lo;
        some.hi[i] = conv->hi;
    }
    if (conv->direct) {
        in += y * w->stride_h * w->in_w * conv->in_c;
    } else {
        tr_mve_strip(w, conv->in_c, conv->input_zero_point, y, in, strip);
        in = strip;
    }
    const int32_t step = w->stride_w * w->kernel_h * conv->in_c;
    const int32_t done = first_pixels(conv, &some, in, step, out);
    run(&some, in + done * step, step, w->out_w - done, conv->out_c, out + done * conv->out_c);
}
