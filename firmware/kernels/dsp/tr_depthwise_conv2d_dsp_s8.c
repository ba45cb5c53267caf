/* Depthwise convolution for Cortex-M with DSP, any window: four output channels at a time.
 *
 * Input rows are kept in int16, four channels wide, with their padding; twice as many as a window
 * reaches over, so that they are moved up once in a window's height (tr_dsp_taps.h reads them).
 * The image may be overwritten as it goes, since its rows are kept before outputs reach them.
 *
 * Measured instructions a MAC are in README.md beside this file. */
#include "tinyrob/tr_depthwise_conv2d_dsp_s8.h"

#include "tr_dsp_clamp.h"
#include "tr_dsp_taps.h"

typedef struct group {
    const tr_depthwise_conv2d_dsp *conv;
    int32_t *rows; /* `room` rows of `width` pixels of two words */
    int32_t *stream;
    int8_t *left_over; /* a row of outputs of fewer than four channels */
    int32_t width, room, reach, columns, zero;
    int32_t in_h, in_x, in_y, out_x;
    int32_t start, filled; /* the first row kept and the one after the last, with padding */
    int32_t first, count;  /* output channels */
} group;

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* What groups have alike: padding, and how far taps are apart. */
static void start(group *g, const tr_depthwise_conv2d_dsp *conv, int32_t *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t zero = tr_four_times(conv->input_zero_point);
    g->conv = conv;
    g->rows = scratch;
    g->width = (w->out_w - 1) * w->stride_w + (w->kernel_w - 1) * w->dilation_w + 1;
    g->reach = (w->kernel_h - 1) * w->dilation_h + 1;
    g->room = smaller(2 * g->reach, (w->out_h - 1) * w->stride_h + g->reach);
    g->columns = smaller(w->in_w, g->width - w->pad_left);
    g->in_h = w->in_h;
    g->in_x = conv->in_x;
    g->in_y = conv->in_y;
    g->out_x = conv->out_x;
    g->zero = zero;
    for (int32_t n = 2 * g->width * g->room; n > 0; n--) {
        *scratch++ = tr_sxtb16(zero);
    }
    g->stream = scratch;
    int32_t *to = scratch + 4, before = -4;
    for (int32_t y = 0; y < w->kernel_h; y++) {
        for (int32_t x = 0; x < w->kernel_w; x++, to += 3) {
            const int32_t at = 8 * (y * w->dilation_h * g->width + x * w->dilation_w);
            to[0] = at - before - 4;
            before = at;
        }
    }
    g->left_over = (int8_t *)(to + 12);
}

/* Four output channels from `first` on. */
static void prepare(group *g, int32_t first)
{
    const tr_depthwise_conv2d_dsp *conv = g->conv;
    const int32_t taps = conv->window.kernel_h * conv->window.kernel_w;
    const int8_t *weights = conv->weights + first * taps;
    int32_t *to = g->stream + 5;
    g->first = first;
    g->count = smaller(conv->in_c * conv->depth - first, 4);
    for (int32_t n = taps; n > 0; n--, to += 3, weights += 4) {
        const int32_t word = tr_load4(weights);
        const int32_t even = tr_sxtb16(word), odd = tr_sxtb16_odd(word);
        to[0] = tr_sadd16(even, even);
        to[1] = tr_sadd16(odd, odd);
    }
    to--;
    for (int32_t j = 0; j < 4; j++, to += 3) {
        const int32_t o = first + smaller(j, g->count - 1);
        const int32_t e = conv->exponent[o];
        g->stream[j] = 2 * conv->bias[o];
        to[0] = conv->multiplier[o];
        to[1] = (2 * conv->zero_point + 1) * (1 << (e - 1)); /* half, and the zero point */
        to[2] = e;
    }
}

static inline void put(int32_t *to, int32_t word)
{
    to[0] = tr_sxtb16(word);
    to[1] = tr_sxtb16_odd(word);
}

/* A row of the image, or of padding where `from` is NULL, as pixels of the group's channels. */
static void read_row(const group *g, const int8_t *from, int32_t *to)
{
    const tr_depthwise_conv2d_dsp *conv = g->conv;
    const int32_t depth = conv->depth, in_x = g->in_x;
    if (from == 0) {
        for (int32_t n = g->columns; n > 0; n--, to += 2) {
            put(to, g->zero);
        }
    } else if (depth == 1 && g->count == 4) {
        from += g->first;
        for (int32_t n = g->columns; n > 0; n--, to += 2, from += in_x) {
            put(to, tr_load4(from));
        }
    } else if (depth % 4 == 0) {
        from += g->first / depth;
        for (int32_t n = g->columns; n > 0; n--, to += 2, from += in_x) {
            to[0] = to[1] = tr_pack_low(*from, *from);
        }
    } else {
        int32_t at[4];
        for (int32_t j = 0; j < 4; j++) {
            at[j] = (g->first + smaller(j, g->count - 1)) / depth;
        }
        for (int32_t n = g->columns; n > 0; n--, to += 2, from += in_x) {
            to[0] = tr_pack_low(from[at[0]], from[at[2]]);
            to[1] = tr_pack_low(from[at[1]], from[at[3]]);
        }
    }
}

/* All that output row y reads; gives where its first window begins. */
static const int32_t *advance(group *g, const int8_t *in, int32_t y)
{
    const tr_window *w = &g->conv->window;
    const int32_t pitch = 2 * g->width, from = y * w->stride_h, end = from + g->reach;
    if (end > g->start + g->room) {
        const int32_t *kept = g->rows + (from - g->start) * pitch;
        int32_t *to = g->rows;
        for (int32_t n = (g->filled - from) * pitch; n > 0; n--) {
            *to++ = *kept++;
        }
        g->start = from;
    }
    for (g->filled = g->filled < from ? from : g->filled; g->filled < end; g->filled++) {
        const int32_t row = g->filled - w->pad_top;
        const int8_t *image = row >= 0 && row < g->in_h ? in + row * g->in_y : 0;
        read_row(g, image, g->rows + (g->filled - g->start) * pitch + 2 * w->pad_left);
    }
    return g->rows + (from - g->start) * pitch;
}

static void output_row(const group *g, const int32_t *from, int8_t *out)
{
    const tr_depthwise_conv2d_dsp *conv = g->conv;
    const int32_t several = conv->window.out_w > 1, count = conv->window.out_w;
    const int32_t taps = conv->window.kernel_h * conv->window.kernel_w;
    const int32_t out_x = g->count == 4 ? g->out_x : 4;
    tr_dsp_taps_row row;
    row.stream = g->stream;
    row.stream_end = g->stream + 4 + 3 * taps;
    row.from = from;
    row.stride = several ? 8 * conv->window.stride_w : 0;
    row.out = g->count == 4 ? out : g->left_over;
    row.step = several ? out_x : 0;
    row.span = count / 2 * 2 * row.step;
    row.odd = several ? count % 2 : 0;
    row.rectified = conv->rectified;
    tr_dsp_taps(&row);
    if (g->count < 4) {
        for (int32_t x = 0; x < count; x++, out += g->out_x) {
            for (int32_t j = 0; j < g->count; j++) {
                out[j] = g->left_over[4 * x + j];
            }
        }
    }
}

void tr_depthwise_conv2d_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                                void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t channels = conv->in_c * conv->depth, size = w->out_h * w->out_w * channels;
    group g;
    start(&g, conv, scratch);
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c, out += size) {
        for (int32_t first = 0; first < channels; first += 4) {
            prepare(&g, first);
            g.start = g.filled = 0;
            for (int32_t y = 0; y < w->out_h; y++) {
                output_row(&g, advance(&g, in, y), out + first + y * conv->out_y);
            }
        }
        tr_dsp_clamp(out, size, conv->lo, conv->hi);
    }
}
