/* Depthwise convolution for Cortex-M with DSP: four input channels at a time, row by row.
 *
 * Each input row is read once and kept as lanes of two neighbouring rows, a plane a channel
 * (tr_dsp_lines.h); an output is then a few SMLADs over columns (tr_dsp_depthwise.h). The image
 * may be overwritten as it goes, since its rows are in the lines before outputs reach them. Any
 * kernel, stride, padding, channel count and multiplier; columns may be dilated.
 *
 * Measured instructions a MAC are in README.md beside this file. */
#include "tinyrob/tr_depthwise_conv2d_dsp_s8.h"

#include "tr_dsp.h"
#include "tr_dsp_clamp.h"
#include "tr_dsp_depthwise.h"
#include "tr_dsp_lines.h"

/* A channel's weights as words of two rows each, see tr_dsp_row. */
static void widen(const tr_window *w, const int8_t *weights, int32_t *to)
{
    for (int32_t ky = 0; ky < w->kernel_h; ky += 2) {
        const int8_t *row = weights + ky * w->kernel_w;
        for (int32_t kx = 0; kx < w->kernel_w; kx++) {
            *to++ = ky + 1 < w->kernel_h
                        ? (int32_t)(((uint32_t)row[kx] & 0xffffu) |
                                    (uint32_t)row[w->kernel_w + kx] << 16)
                        : (int32_t)((uint32_t)row[kx] << 16);
        }
    }
}

typedef struct group {
    const tr_depthwise_conv2d_dsp *conv;
    const int8_t *image; /* at the group's first channel */
    int8_t *out;         /* the image's first pixel, at the group's first output channel */
    int32_t first, channels;
    int32_t size;     /* words of a channel's widened weights */
    int32_t *weights; /* of all the group's outputs */
    int32_t *pairs;
} group;

/* The pairs of rows under an output row: the newest ends with the kernel's last row. */
static void find_pairs(const tr_dsp_lines *lines, int32_t kernel_h, int32_t *pairs)
{
    for (int32_t j = 0; 2 * j < kernel_h; j++) {
        const int32_t end = 2 * j + 1 < kernel_h ? 2 * j + 1 : kernel_h - 1;
        int32_t slot = lines->slot - (kernel_h - 1 - end);
        slot = slot < 0 ? slot + lines->kept : slot;
        pairs[j] = 4 * slot * lines->width;
    }
}

static void output_row(const group *g, const tr_dsp_lines *lines, int8_t *out)
{
    const tr_depthwise_conv2d_dsp *conv = g->conv;
    const tr_window *w = &conv->window;
    int32_t o = g->first * conv->depth;
    tr_dsp_row row;
    row.plane = lines->pairs;
    row.pairs = g->pairs;
    row.weights = g->weights;
    row.count = (w->kernel_h + 1) / 2;
    row.kernel_w = w->kernel_w;
    row.stride = w->stride_w;
    row.dilation = w->dilation_w;
    row.rectified = conv->rectified;
    row.outputs = w->out_w;
    row.pitch = conv->in_c * conv->depth;
    find_pairs(lines, w->kernel_h, g->pairs);
    for (int32_t n = g->channels; n > 0; n--, row.plane += lines->width) {
        for (int32_t depth = conv->depth; depth > 0; depth--, o++, out++) {
            row.bias = conv->bias[o];
            row.m = conv->multiplier[o];
            row.e = conv->exponent[o];
            row.n = (2 * conv->zero_point + 1) * (1 << (row.e - 1));
            tr_dsp_depthwise(&row, out);
            row.weights += g->size;
        }
    }
}

static void all_rows(const group *g, tr_dsp_lines *lines)
{
    const tr_window *w = &g->conv->window;
    const int32_t in_c = g->conv->in_c, out_c = in_c * g->conv->depth;
    tr_dsp_lines_start(lines, -w->pad_top - 1);
    for (int32_t y = 0; y < w->out_h; y++) {
        const int32_t last = y * w->stride_h - w->pad_top + w->kernel_h - 1;
        while (lines->row < last) {
            const int32_t row = lines->row + 1;
            const int8_t *from =
                row >= 0 && row < w->in_h ? g->image + row * w->in_w * in_c : (const int8_t *)0;
            tr_dsp_lines_next(lines, from, w->in_w, in_c, g->channels);
        }
        output_row(g, lines, g->out + y * w->out_w * out_c);
    }
}

void tr_depthwise_conv2d_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                                void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t taps = w->kernel_h * w->kernel_w, pairs = (w->kernel_h + 1) / 2;
    const int32_t outputs = w->out_h * w->out_w * conv->in_c * conv->depth;
    tr_dsp_lines lines;
    group g;
    lines.width = (w->out_w - 1) * w->stride_w + (w->kernel_w - 1) * w->dilation_w + 1;
    lines.left = w->pad_left;
    lines.kept = w->kernel_h > 1 ? w->kernel_h - 1 : 1;
    lines.zero_point = conv->input_zero_point;
    lines.pairs = scratch;
    lines.last = lines.pairs + 4 * lines.width * lines.kept;
    g.conv = conv;
    g.size = pairs * w->kernel_w;
    g.pairs = lines.last + 2 * lines.width;
    g.weights = g.pairs + pairs;
    for (int32_t n = 0; n < conv->batches; n++) {
        for (g.first = 0; g.first < conv->in_c; g.first += 4) {
            const int32_t left = conv->in_c - g.first;
            const int32_t first_out = g.first * conv->depth;
            g.channels = left < 4 ? left : 4;
            for (int32_t o = 0; o < g.channels * conv->depth; o++) {
                widen(w, conv->weights + (first_out + o) * taps, g.weights + o * g.size);
            }
            g.image = in + g.first;
            g.out = out + first_out;
            all_rows(&g, &lines);
        }
        tr_dsp_clamp(out, outputs, conv->lo, conv->hi);
        in += w->in_h * w->in_w * conv->in_c;
        out += outputs;
    }
}
