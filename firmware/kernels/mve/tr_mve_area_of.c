#include "tr_mve_area_of.h"

tr_mve_area tr_mve_area_of(const tr_pool *pool, int32_t y, int32_t x, const int8_t *in)
{
    const tr_window *w = &pool->window;
    const tr_taps rows = tr_clip_rows(w, y), columns = tr_clip_columns(w, x);
    const int32_t first = (rows.origin + rows.first) * w->in_w + columns.origin + columns.first;
    const tr_mve_area area = {in + first * pool->channels, rows.last - rows.first,
                              columns.last - columns.first, w->in_w * pool->channels,
                              pool->channels};
    return area;
}
