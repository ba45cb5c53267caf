#include "tr_dsp_copy_window.h"

#include "tr_dsp.h"

static int8_t *fill(int8_t *to, int32_t value, int32_t bytes)
{
    const int32_t four = tr_four_times(value);
    for (; bytes >= 4; bytes -= 4, to += 4) {
        tr_store4(to, four);
    }
    for (; bytes > 0; bytes--) {
        *to++ = (int8_t)value;
    }
    return to;
}

static int8_t *copy(int8_t *to, const int8_t *from, int32_t bytes)
{
    for (; bytes >= 4; bytes -= 4, to += 4, from += 4) {
        tr_store4(to, tr_load4(from));
    }
    for (; bytes > 0; bytes--) {
        *to++ = *from++;
    }
    return to;
}

void tr_dsp_copy_window(const tr_dsp_walk *walk, int8_t *to)
{
    const tr_window *w = walk->window;
    const tr_taps rows = tr_clip_rows(w, walk->y), columns = tr_clip_columns(w, walk->x);
    const int32_t c = walk->in_c, zero = walk->zero_point;
    for (int32_t ky = 0; ky < w->kernel_h; ky++) {
        if (ky < rows.first || ky >= rows.last) {
            to = fill(to, zero, walk->run);
            continue;
        }
        const int32_t y = rows.origin + ky * w->dilation_h;
        const int32_t x = columns.origin + columns.first * w->dilation_w;
        const int8_t *from = walk->image + (y * w->in_w + x) * c;
        const int32_t taps = columns.last - columns.first;
        if (columns.first > 0) {
            to = fill(to, zero, columns.first * c);
        }
        if (w->dilation_w == 1) {
            to = copy(to, from, taps * c);
        } else {
            for (int32_t n = taps; n > 0; n--, from += w->dilation_w * c) {
                to = copy(to, from, c);
            }
        }
        if (columns.last < w->kernel_w) {
            to = fill(to, zero, (w->kernel_w - columns.last) * c);
        }
    }
}
