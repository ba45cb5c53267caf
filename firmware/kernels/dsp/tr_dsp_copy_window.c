#include "tr_dsp_copy_window.h"

#include "tr_dsp.h"

/* All of these write whole words: up to three bytes more than asked for, which what follows writes
 * again. */
static inline int8_t *fill(int8_t *to, int32_t four, int32_t bytes)
{
    int8_t *const end = to + bytes;
    for (; to < end; to += 4) {
        tr_store4(to, four);
    }
    return end;
}

static inline int8_t *copy(int8_t *to, const int8_t *from, int32_t bytes)
{
    int8_t *const end = to + bytes;
    for (; end - to > 12; to += 16, from += 16) {
        const int32_t a = tr_load4(from), b = tr_load4(from + 4);
        const int32_t c = tr_load4(from + 8), d = tr_load4(from + 12);
        tr_store4(to, a);
        tr_store4(to + 4, b);
        tr_store4(to + 8, c);
        tr_store4(to + 12, d);
    }
    for (; to < end; to += 4, from += 4) {
        tr_store4(to, tr_load4(from));
    }
    return end;
}

/* The bytes before `end` alone: an image may be the last of its memory. */
static int8_t *copy_at_end(int8_t *to, const int8_t *from, int32_t bytes)
{
    for (; bytes > 0; bytes--) {
        *to++ = *from++;
    }
    return to;
}

/* Taps of a row that lie in the image, `apart` bytes from one to the next. */
static int8_t *spread(int8_t *to, const int8_t *from, int32_t taps, int32_t c, int32_t apart,
                      const int8_t *image_end)
{
    for (; taps > 0; taps--, from += apart) {
        to = image_end - from >= c + 3 ? copy(to, from, c) : copy_at_end(to, from, c);
    }
    return to;
}

/* What tr_clip gives, without its loops. */
static inline tr_taps clipped(int32_t origin, int32_t kernel, int32_t dilation, int32_t size)
{
    const int32_t last = (size - origin + dilation - 1) / dilation;
    tr_taps taps = {origin, origin < 0 ? (dilation - 1 - origin) / dilation : 0, last};
    taps.last = last < 0 ? 0 : last < kernel ? last : kernel;
    taps.first = taps.first < taps.last ? taps.first : taps.last;
    return taps;
}

void tr_dsp_copy_window(const tr_dsp_walk *walk, int8_t *to)
{
    const tr_window *w = walk->window;
    const tr_taps rows = clipped(walk->y * w->stride_h - w->pad_top, w->kernel_h, w->dilation_h,
                                 w->in_h);
    const tr_taps columns = clipped(walk->x * w->stride_w - w->pad_left, w->kernel_w,
                                    w->dilation_w, w->in_w);
    const int32_t c = walk->in_c, run = walk->run, zero = tr_four_times(walk->zero_point);
    const int32_t taps = columns.last - columns.first, apart = w->dilation_w * c;
    const int32_t left = columns.first * c, inside = taps * c, right = run - left - inside;
    const int32_t y = rows.origin + rows.first * w->dilation_h;
    const int32_t x = columns.origin + columns.first * w->dilation_w;
    const int8_t *from = walk->image + (y * w->in_w + x) * c;
    to = fill(to, zero, rows.first * run);
    for (int32_t n = rows.last - rows.first; n > 0; n--, from += walk->pitch) {
        to = fill(to, zero, left);
        if (apart > c && taps > 1) {
            to = spread(to, from, taps, c, apart, walk->image_end);
        } else if (walk->image_end - from >= inside + 3) {
            to = copy(to, from, inside);
        } else {
            to = copy_at_end(to, from, inside);
        }
        to = fill(to, zero, right);
    }
    fill(to, zero, (w->kernel_h - rows.last) * run);
}
