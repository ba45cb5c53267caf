/* Depthwise convolution for Cortex-M with DSP, 3x3, stride 1 or 2: four channels at a time, one
 * output after the other.
 *
 * The three rows that a window reads are kept, four channels a word, with their padding; each takes
 * the place of one that is no longer read. The image may be overwritten as it goes, since its rows
 * are kept before outputs reach them. Better than planes (tr_depthwise_conv2d_3x3_dsp_s8.c) on
 * images of one or two rows or columns of outputs.
 *
 * Measured instructions a MAC are in README.md beside this file. */
#include "tinyrob/tr_depthwise_conv2d_nine_dsp_s8.h"

#include "tr_dsp_clamp.h"
#include "tr_dsp_nine.h"

typedef struct group {
    const tr_depthwise_conv2d_dsp *conv;
    tr_dsp_nine_row row;
    int8_t *left_over; /* a row of outputs of fewer than four channels */
    int32_t columns, zero, span;
    int32_t y;                   /* the row of the image that is read next */
    int32_t first, count;        /* channels */
} group;

static void start(group *g, const tr_depthwise_conv2d_dsp *conv, int32_t *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t width = w->stride_w * (w->out_w - 1) + 3, room = width - w->pad_left;
    g->conv = conv;
    g->zero = tr_four_times(conv->input_zero_point);
    g->columns = w->in_w < room ? w->in_w : room;
    for (int32_t y = 0; y < 3; y++) {
        g->row.row[y] = scratch;
        for (int32_t x = width; x > 0; x--) {
            *scratch++ = g->zero;
        }
    }
    g->row.back = w->stride_w == 1 ? 4 : 0;
    g->left_over = (int8_t *)scratch;
}

/* Four channels from `first` on. */
static void prepare(group *g, int32_t first)
{
    const tr_depthwise_conv2d_dsp *conv = g->conv;
    const int32_t left = conv->in_c - first;
    g->first = first;
    g->count = left < 4 ? left : 4;
    g->row.stream = conv->bias + first / 4 * TR_DSP_NINE_WORDS;
    g->row.step = g->count == 4 ? conv->out_x : 4;
    g->span = g->row.step * conv->window.out_w;
}

/* Pixels of four channels, `in_x` bytes apart. */
static void copy(int32_t *to, const int8_t *from, int32_t in_x, int32_t n)
{
    for (; n >= 4; n -= 4, to += 4) {
        const int32_t a = tr_load4(from), b = tr_load4(from + in_x);
        from += 2 * in_x;
        const int32_t c = tr_load4(from), d = tr_load4(from + in_x);
        from += 2 * in_x;
        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
    }
    for (; n > 0; n--, from += in_x) {
        *to++ = tr_load4(from);
    }
}

/* Of fewer channels: nothing is read behind them. */
static void copy_some(int32_t *to, const int8_t *from, int32_t in_x, int32_t n, int32_t count)
{
    const int32_t second = count > 1 ? 1 : 0, third = count > 2 ? 2 : 0;
    for (; n > 0; n--, from += in_x) {
        const uint32_t a = (uint8_t)from[0], b = (uint8_t)from[second], c = (uint8_t)from[third];
        *to++ = (int32_t)(a | b << 8 | c << 16);
    }
}

/* The next rows of the image, or of padding, in place of the first ones. */
static void advance(group *g, const int8_t *in, int32_t rows)
{
    const tr_depthwise_conv2d_dsp *conv = g->conv;
    for (; rows > 0; rows--, g->y++) {
        int32_t *const row = g->row.row[0], *const to = row + conv->window.pad_left;
        g->row.row[0] = g->row.row[1];
        g->row.row[1] = g->row.row[2];
        g->row.row[2] = row;
        if (g->y < 0 || g->y >= conv->window.in_h) {
            for (int32_t x = 0; x < g->columns; x++) {
                to[x] = g->zero;
            }
            continue;
        }
        const int8_t *from = in + g->first + g->y * conv->in_y;
        if (g->count == 4) {
            copy(to, from, conv->in_x, g->columns);
        } else {
            copy_some(to, from, conv->in_x, g->columns, g->count);
        }
    }
}

static void output_row(group *g, int8_t *out)
{
    const int32_t whole = g->count == 4;
    g->row.out = whole ? out : g->left_over;
    g->row.end = g->row.out + g->span;
    tr_dsp_nine(&g->row);
    if (!whole) {
        for (const int8_t *from = g->left_over; from != g->row.end; from += 4) {
            for (int32_t j = 0; j < g->count; j++) {
                out[j] = from[j];
            }
            out += g->conv->out_x;
        }
    }
}

void tr_depthwise_conv2d_nine_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in,
                                     int8_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t channels = conv->in_c, size = w->out_h * w->out_w * channels;
    group g;
    start(&g, conv, scratch);
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c, out += size) {
        for (int32_t first = 0; first < channels; first += 4) {
            int8_t *row = out + first;
            int32_t more = 3;
            prepare(&g, first);
            g.y = -w->pad_top;
            for (int32_t y = w->out_h; y > 0; y--, row += conv->out_y) {
                advance(&g, in, more);
                output_row(&g, row);
                more = w->stride_h;
            }
        }
        tr_dsp_clamp(out, size, conv->lo, conv->hi);
    }
}
