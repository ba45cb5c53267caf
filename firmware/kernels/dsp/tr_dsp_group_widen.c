#include "tr_dsp_group.h"

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

void tr_dsp_group_widen(const tr_dsp_group *g)
{
    const tr_window *w = &g->conv->window;
    const int32_t taps = w->kernel_h * w->kernel_w, first = g->first * g->conv->depth;
    const int8_t *weights = g->conv->weights + first * taps;
    int32_t *to = g->channels + TR_DSP_CHANNEL_WORDS;
    for (int32_t n = g->count * g->conv->depth; n > 0; n--, to += g->size, weights += taps) {
        widen_rows(w->kernel_h, w->kernel_w, weights, to);
    }
}
