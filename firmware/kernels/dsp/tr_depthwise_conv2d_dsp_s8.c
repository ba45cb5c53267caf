/* Depthwise convolution for Cortex-M with DSP: four input channels at a time, row by row.
 *
 * Each input row is read once and kept as lanes of two neighbouring rows, a plane a channel
 * (tr_dsp_lines.h); an output is then a few SMLADs over columns (tr_dsp_depthwise.h). The image
 * may be overwritten as it goes, since its rows are in the lines before outputs reach them. Any
 * kernel, stride, padding, channel count and multiplier; columns may be dilated.
 *
 * Measured instructions a MAC are in README.md beside this file. */
#include "tinyrob/tr_depthwise_conv2d_dsp_s8.h"

#include "tr_dsp_clamp.h"
#include "tr_dsp_depthwise.h"
#include "tr_dsp_lines.h"

typedef struct group {
    const tr_depthwise_conv2d_dsp *conv;
    tr_dsp_lines lines;
    tr_dsp_pairs rows;
    int32_t *pairs;    /* of `rows` */
    int32_t *channels; /* a tr_dsp_channel and its weights for each output channel */
    int32_t size;      /* words of one of those */
    int32_t is_3x3, is_1x; /* what the two kernels of assembly take */
    int32_t first, count; /* input channels */
} group;

/* Weights as words of two rows each. */
static void widen_rows(int32_t rows, int32_t columns, const int8_t *weights, int32_t *to)
{
    for (int32_t ky = 0; ky < rows; ky += 2, weights += 2 * columns) {
        const int32_t odd = ky + 1 < rows;
        for (int32_t kx = 0; kx < columns; kx++) {
            const uint32_t upper = odd ? (uint32_t)weights[kx] & 0xffffu : 0u;
            const uint32_t lower = (uint32_t)weights[odd ? columns + kx : kx];
            *to++ = (int32_t)(upper | lower << 16);
        }
    }
}

/* Weights of one row as words of two columns each; a last one is the first of its pair. */
static void widen_row(int32_t columns, const int8_t *weights, int32_t *to)
{
    for (; columns > 0; columns -= 2, weights += 2) {
        const uint32_t second = columns > 1 ? (uint32_t)weights[1] << 16 : 0u;
        *to++ = (int32_t)(((uint32_t)weights[0] & 0xffffu) | second);
    }
}

static void prepare(const group *g)
{
    const tr_depthwise_conv2d_dsp *conv = g->conv;
    const tr_window *w = &conv->window;
    const int32_t taps = w->kernel_h * w->kernel_w, last = (g->first + g->count) * conv->depth;
    const int32_t pitch = conv->in_c * conv->depth, in_row = w->kernel_h == 1;
    int32_t *to = g->channels;
    for (int32_t o = g->first * conv->depth; o < last; o++, to += g->size) {
        tr_dsp_channel *channel = (tr_dsp_channel *)to;
        const int32_t e = conv->exponent[o];
        channel->stride = 4 * w->stride_w;
        channel->m = conv->multiplier[o];
        channel->n = (2 * conv->zero_point + 1) * (1 << (e - 1)); /* half, and the zero point */
        channel->e = e;
        channel->pitch = pitch;
        channel->bias = conv->bias[o];
        channel->rectified = conv->rectified;
        channel->span = w->out_w * pitch;
        channel->twos = w->stride_w == 1 ? w->out_w / 2 * 2 * pitch : 0;
        channel->outputs = w->out_w;
        if (in_row) {
            widen_row(taps, conv->weights + o * taps, (int32_t *)(channel + 1));
        } else {
            widen_rows(w->kernel_h, w->kernel_w, conv->weights + o * taps,
                       (int32_t *)(channel + 1));
        }
    }
}

/* The pairs of rows under an output row: the newest ends with the kernel's last row. */
static void find_pairs(const group *g)
{
    const int32_t kernel_h = g->conv->window.kernel_h;
    for (int32_t j = 0; j < g->rows.count; j++) {
        const int32_t end = 2 * j + 1 < kernel_h ? 2 * j + 1 : kernel_h - 1;
        const int32_t slot = g->lines.slot - (kernel_h - 1 - end);
        g->pairs[j] = 4 * (slot < 0 ? slot + g->lines.kept : slot) * g->lines.width;
    }
}

static void output_row(const group *g, int8_t *out)
{
    const int32_t depth = g->conv->depth, size = g->size, width = g->lines.width;
    const int32_t *channel = g->channels, *plane = g->lines.pairs;
    if (g->is_3x3) {
        const int32_t *upper = plane + g->pairs[0], *lower = plane + g->pairs[1];
        for (int32_t n = g->count; n > 0; n--, upper += width, lower += width) {
            for (int32_t left = depth; left > 0; left--, channel += size, out++) {
                tr_dsp_depthwise3((const tr_dsp_channel *)channel, upper, lower, out);
            }
        }
        return;
    }
    if (g->is_1x) {
        const int32_t pairs = g->rows.kernel_w;
        for (int32_t n = g->count; n > 0; n--, plane += width) {
            for (int32_t left = depth; left > 0; left--, channel += size, out++) {
                tr_dsp_depthwise1((const tr_dsp_channel *)channel, pairs, plane, out);
            }
        }
        return;
    }
    for (int32_t n = g->count; n > 0; n--, plane += width) {
        for (int32_t left = depth; left > 0; left--, channel += size, out++) {
            tr_dsp_depthwise((const tr_dsp_channel *)channel, &g->rows, plane, out);
        }
    }
}

static const int8_t *input_row(const group *g, const int8_t *image, int32_t row)
{
    const tr_window *w = &g->conv->window;
    return row >= 0 && row < w->in_h ? image + row * w->in_w * g->conv->in_c : 0;
}

static void all_rows(group *g, const int8_t *image, int8_t *out)
{
    const tr_window *w = &g->conv->window;
    const int32_t in_c = g->conv->in_c, pitch = w->out_w * in_c * g->conv->depth;
    tr_dsp_lines_start(&g->lines, -w->pad_top - 1);
    for (int32_t y = 0; y < w->out_h; y++, out += pitch) {
        const int32_t last = y * w->stride_h - w->pad_top + w->kernel_h - 1;
        while (g->lines.row < last) {
            tr_dsp_lines_next(&g->lines, input_row(g, image, g->lines.row + 1), w->in_w, in_c,
                              g->count);
        }
        find_pairs(g);
        output_row(g, out);
    }
}

/* Kernels of one row: rows have nothing to do with each other. */
static void each_row(group *g, const int8_t *image, int8_t *out)
{
    const tr_window *w = &g->conv->window;
    const int32_t in_c = g->conv->in_c, pitch = w->out_w * in_c * g->conv->depth;
    g->pairs[0] = 0;
    for (int32_t y = 0; y < w->out_h; y++, out += pitch) {
        tr_dsp_lines_row(&g->lines, input_row(g, image, y * w->stride_h - w->pad_top), w->in_w,
                         in_c, g->count, w->dilation_w);
        output_row(g, out);
    }
}

void tr_depthwise_conv2d_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                                void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t outputs = w->out_h * w->out_w * conv->in_c * conv->depth;
    group g;
    g.conv = conv;
    g.lines.width = (w->out_w - 1) * w->stride_w + (w->kernel_w - 1) * w->dilation_w + 1;
    g.lines.left = w->pad_left;
    g.lines.kept = w->kernel_h > 1 ? w->kernel_h - 1 : 1;
    g.lines.zero_point = conv->input_zero_point;
    g.lines.pairs = scratch;
    g.lines.last = g.lines.pairs + 4 * g.lines.width * g.lines.kept;
    g.pairs = w->kernel_h > 1 ? g.lines.last + 2 * g.lines.width : g.lines.last;
    g.rows.pairs = g.pairs;
    g.rows.count = (w->kernel_h + 1) / 2;
    g.rows.kernel_w = w->kernel_h == 1 ? (w->kernel_w + 1) / 2 : w->kernel_w;
    g.rows.dilation = w->kernel_h == 1 ? 2 * w->dilation_w : w->dilation_w;
    g.channels = g.pairs + g.rows.count;
    g.size = (int32_t)(sizeof(tr_dsp_channel) / 4) + g.rows.count * w->kernel_w;
    g.is_3x3 = w->kernel_w == 3 && w->dilation_w == 1 && g.rows.count == 2;
    g.is_1x = w->kernel_h == 1 && w->dilation_w == 1 && w->stride_w == 1 && w->out_w >= 4;
    for (int32_t n = 0; n < conv->batches; n++) {
        for (g.first = 0; g.first < conv->in_c; g.first += 4) {
            g.count = conv->in_c - g.first < 4 ? conv->in_c - g.first : 4;
            prepare(&g);
            if (w->kernel_h == 1) {
                each_row(&g, in + g.first, out + g.first * conv->depth);
            } else {
                all_rows(&g, in + g.first, out + g.first * conv->depth);
            }
        }
        tr_dsp_clamp(out, outputs, conv->lo, conv->hi);
        in += w->in_h * w->in_w * conv->in_c;
        out += outputs;
    }
}
