/* Depthwise convolution for Cortex-M with DSP, 3x3, stride 1 or 2: four input channels at a time,
 * or two.
 *
 * Input rows are kept as lanes of two neighbouring ones, each in one pair, a plane a channel
 * (tr_dsp_planes.h): two pairs are what two output rows read, or one where the stride is 2
 * (tr_dsp_depthwise3.h). The image may be overwritten as it goes, since its rows are in the
 * planes before outputs reach them.
 *
 * Measured instructions a MAC are in README.md beside this file. */
#include "tinyrob/tr_depthwise_conv2d_3x3_dsp_s8.h"

#include "tr_dsp_clamp.h"
#include "tr_dsp_depthwise3.h"
#include "tr_dsp_planes.h"

typedef struct group {
    const tr_depthwise_conv2d_dsp *conv;
    tr_dsp_row_pair pair;
    tr_dsp_rows3 rows;
    int32_t in_h, in_y, pad_top, pad_left;
    int32_t *pairs; /* two of `planes` words, a plane a channel of `width` words */
    tr_dsp_channel3 *channels;
    int32_t planes, width, columns; /* columns of the image in a plane */
    int32_t first, count;   /* input channels */
    int32_t calls, each;    /* for outputs of a row: calls, and channels of each */
    int32_t span, odd;      /* see tr_dsp_rows3 */
} group;

/* The lanes of a plane's padding stay as they are from image to image. */
static void start(group *g, const tr_depthwise_conv2d_dsp *conv, int32_t *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t width = w->stride_w * (w->out_w - 1) + 3, least = width > 4 ? width : 4;
    const int32_t room = least - w->pad_left;
    g->conv = conv;
    g->pair.in_x = conv->in_x;
    g->pair.zero = tr_four_times(conv->input_zero_point);
    g->in_h = w->in_h;
    g->in_y = conv->in_y;
    g->pad_top = w->pad_top;
    g->pad_left = w->pad_left;
    g->rows.step = w->out_w > 1 ? conv->out_x : 0;
    g->rows.plane = conv->depth == 1 ? 4 * least : 0;
    g->span = w->out_w / 2 * 2 * g->rows.step;
    g->odd = w->out_w > 1 ? w->out_w % 2 : 0;
    g->pairs = scratch;
    g->planes = conv->together * least;
    g->channels = (tr_dsp_channel3 *)(scratch + 2 * g->planes);
    g->width = least;
    g->columns = w->in_w < room ? w->in_w : room;
    for (int32_t n = 2 * g->planes; n > 0; n--) {
        *scratch++ = tr_sxtb16(g->pair.zero);
    }
}

/* The output channels of the input channels from `first` on. */
static void prepare(group *g, int32_t first)
{
    const tr_depthwise_conv2d_dsp *conv = g->conv;
    const int32_t left = conv->in_c - first, depth = conv->depth;
    tr_dsp_channel3 *to = g->channels;
    g->first = first;
    g->count = left < conv->together ? left : conv->together;
    g->calls = depth == 1 ? 1 : g->count;
    g->each = depth == 1 ? g->count : depth;
    g->pair.channels = g->count;
    const int8_t *weights = conv->weights + 9 * first * depth;
    for (int32_t o = first * depth; o < (first + g->count) * depth; o++, to++) {
        const int32_t e = conv->exponent[o];
        to->m = conv->multiplier[o];
        to->n = (2 * conv->zero_point + 1) * (1 << (e - 1)); /* half, and the zero point */
        to->e = conv->rectified ? e : e + INT32_MIN;
        to->bias = 2 * conv->bias[o];
        for (int32_t x = 0; x < 6; x += 2, weights += 3) {
            const int32_t a = 2 * weights[0], b = 2 * weights[1], c = 2 * weights[2];
            to->weights[x] = tr_pack_low(a, b);
            to->weights[x + 1] = tr_pack_low(b, c);
        }
    }
}

/* The input rows 2 * pair and 2 * pair + 1, counted from the first one of padding. */
static void read_pair(group *g, const int8_t *in, int32_t pair)
{
    const int32_t y = 2 * pair - g->pad_top;
    const int8_t *from = in + g->first + y * g->in_y;
    if (pair == 1 && y >= g->in_h) {
        return; /* below the image, as all that could be in its place: it is there from the start */
    }
    g->pair.first = y >= 0 && y < g->in_h ? from : 0;
    g->pair.second = y >= -1 && y + 1 < g->in_h ? from + g->in_y : 0;
    tr_dsp_planes(&g->pair, g->pairs + pair % 2 * g->planes + g->pad_left, g->width,
                  g->columns);
}

/* The rows of outputs over two pairs, of which the upper one is `pair`: where `second` is not 0
 * two, of which the second one is so many bytes on. */
static void output_rows(group *g, int32_t pair, int8_t *out, int32_t second, int32_t stride)
{
    const int32_t lower = (1 - pair % 2) * g->planes, upper = g->planes - lower;
    const tr_dsp_channel3 *channel = g->channels;
    tr_dsp_rows3 *rows = &g->rows;
    rows->back = -second;
    for (int32_t n = 0; n < g->calls; n++, channel += g->each, out += g->each) {
        rows->channel = channel;
        rows->upper = g->pairs + upper + n * g->width;
        rows->lower = g->pairs + lower + n * g->width;
        rows->out = out + second;
        rows->span = g->span;
        rows->odd = g->odd;
        rows->count = g->each;
        if (second != 0) {
            tr_dsp_depthwise3_two(rows);
        } else if (stride == 1) {
            tr_dsp_depthwise3_one(rows);
        } else {
            tr_dsp_depthwise3_stride2(rows);
        }
    }
}

void tr_depthwise_conv2d_3x3_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in,
                                    int8_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t size = w->out_h * w->out_w * conv->in_c * conv->depth;
    const int32_t each = w->stride_h == 1 ? 2 : 1;
    group g;
    start(&g, conv, scratch);
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c, out += size) {
        for (int32_t first = 0; first < conv->in_c; first += conv->together) {
            int8_t *row = out + first * conv->depth;
            prepare(&g, first);
            read_pair(&g, in, 0);
            for (int32_t y = 0, pair = 0; y < w->out_h; y += each, pair++) {
                read_pair(&g, in, pair + 1);
                output_rows(&g, pair, row, each == 2 && y + 1 < w->out_h ? conv->out_y : 0,
                            w->stride_h);
                row += each * conv->out_y;
            }
        }
        tr_dsp_clamp(out, size, conv->lo, conv->hi);
    }
}
