#include "tr_dsp_group.h"

void tr_dsp_group_advance(tr_dsp_group *g, const int8_t *image, int32_t y)
{
    const tr_window *w = &g->conv->window;
    const int32_t last = y * w->stride_h - w->pad_top + w->kernel_h - 1;
    while (g->lines.row < last) {
        tr_dsp_lines_next(&g->lines, tr_dsp_group_input(g, image, g->lines.row + 1), w->in_w,
                          g->conv->in_c, g->count);
    }
}
