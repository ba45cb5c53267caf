#include "tr_dsp_winograd.h"

#include "tr_dsp.h"
#include "tr_dsp_winograd_inputs.h"
#include "tr_dsp_winograd_kernels.h"
#include "tr_dsp_winograd_outputs.h"
#include "tr_dsp_winograd_products.h"

/* Where tiles stand: those of a block follow each other, row by row. */
typedef struct tiles {
    int32_t across, count;
    int32_t x, y; /* of the next one's outputs */
} tiles;

static inline void next(tiles *t)
{
    t->x += 2;
    if (t->x == 2 * t->across) {
        t->x = 0;
        t->y += 2;
    }
}

/* Where a tile's 16 inputs are; `outside` stands for those that the image has not. */
static void find(const tr_conv2d_winograd_dsp *conv, const int8_t *in, const int8_t *outside,
                 const tiles *t, const int8_t *at[16])
{
    const tr_window *w = &conv->window;
    const int32_t top = t->y - w->pad_top, left = t->x - w->pad_left;
    for (int32_t i = 0; i < 16; i++) {
        const int32_t y = top + i / 4, x = left + i % 4;
        const int32_t within = y >= 0 && y < w->in_h && x >= 0 && x < w->in_w;
        at[i] = within ? in + (y * w->in_w + x) * conv->in_c : outside;
    }
}

/* All inputs of a block: (four tiles, word, position, tile). Tiles that are missing from the last
 * four are the last one again. */
static void all_inputs(const tr_conv2d_winograd_dsp *conv, const int8_t *in, const int8_t *outside,
                       tiles t, int32_t *to)
{
    const int32_t each = 32 * conv->in_c;
    for (int32_t i = 0; i < 4 * tr_words(t.count); i++) {
        const int8_t *at[16];
        int32_t *tile = to + i / 4 * each + i % 4;
        find(conv, in, outside, &t, at);
        tr_dsp_winograd_inputs(at, conv->in_c, tile);
        if (i + 1 < t.count) {
            next(&t);
        }
    }
}

/* Where a block's outputs are, from its first pixel on. */
static void places_of(const tr_conv2d_winograd_dsp *conv, tiles t, tr_dsp_winograd_place *to)
{
    const tr_window *w = &conv->window;
    const int32_t step = conv->out_c, line = w->out_w * step, first = t.y;
    for (int32_t i = 0; i < t.count; i++, to++, next(&t)) {
        to->at = (t.y - first) * line + t.x * step;
        to->step = t.x + 1 < w->out_w ? step : 0;
        to->line = t.y + 1 < w->out_h ? line : 0;
    }
}

/* Two output channels of a block, from o on. */
static void pair(const tr_conv2d_winograd_dsp *conv, int32_t o, tr_dsp_winograd_ends both[2],
                 int32_t *kernels)
{
    const int32_t in_c = conv->in_c;
    for (int32_t c = 0; c < 2; c++, o++) {
        const int32_t e = conv->exponent[o];
        both[c].bias = conv->bias[o];
        both[c].m = conv->multiplier[o];
        both[c].n = (2 * conv->zero_point + 1) * (1 << (e - 1));
        both[c].e = e;
        both[c].rectified = conv->rectified;
        tr_dsp_winograd_kernels(conv->weights + o * 9 * in_c, in_c >> 2, kernels + c);
    }
}

/* Tiles of a block, rounded up to fours. */
static int32_t filled(const tr_conv2d_winograd_dsp *conv)
{
    return 4 * tr_words(conv->rows * ((conv->window.out_w + 1) >> 1));
}

int32_t tr_dsp_winograd_bytes(const tr_conv2d_winograd_dsp *conv)
{
    return (32 * filled(conv) + 65) * conv->in_c + 12 * filled(conv) + 512;
}

void tr_dsp_winograd(const tr_conv2d_winograd_dsp *conv, const int8_t *in, int32_t y, int8_t *out,
                     void *scratch)
{
    const int32_t in_c = conv->in_c, across = (conv->window.out_w + 1) >> 1;
    const int32_t left = (conv->window.out_h - y + 1) >> 1;
    const tiles all = {across, across * (left < conv->rows ? left : conv->rows), 0, y};
    int32_t *const inputs = scratch, *const kernels = inputs + 8 * filled(conv) * in_c;
    int32_t *const sums = kernels + 16 * in_c;
    tr_dsp_winograd_place *const places = (tr_dsp_winograd_place *)(sums + 128);
    int8_t *const outside = (int8_t *)(places + filled(conv));
    for (int32_t k = 0; k < in_c; k += 4) {
        tr_store4(outside + k, tr_four_times(conv->input_zero_point));
    }
    all_inputs(conv, in, outside, all, inputs);
    places_of(conv, all, places);
    for (int32_t o = 0; o < conv->out_c; o += 2, out += 2) {
        tr_dsp_winograd_ends both[2];
        const int32_t *from = inputs;
        pair(conv, o, both, kernels);
        for (int32_t i = 0; i < all.count; i += 4, from += 32 * in_c) {
            const int32_t count = all.count - i < 4 ? all.count - i : 4;
            tr_dsp_winograd_products(from, kernels, in_c >> 1, sums);
            tr_dsp_winograd_outputs(sums, places + i, count, both, out);
        }
    }
}
