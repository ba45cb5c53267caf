#include "tr_dsp_gather.h"

#include "tr_dsp.h"
#include "tr_dsp_expand.h"

static int8_t *fill(int8_t *to, int32_t value, int32_t bytes)
{
    const int32_t four = (int32_t)(0x01010101u * ((uint32_t)value & 0xffu));
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

/* Rows inside the image, without gaps behind each other. Copies whole words: what is too much of
 * a row is overwritten by the next one, and lies behind the window for the last one. */
static void copy_rows(const tr_dsp_walk *walk, const int8_t *from, int32_t pitch, int8_t *to)
{
    const int32_t words = (walk->run + 3) / 4;
    for (int32_t ky = walk->window->kernel_h; ky > 0; ky--, from += pitch, to += walk->run) {
        int8_t *word = to;
        const int8_t *source = from;
        for (int32_t n = words; n > 0; n--, word += 4, source += 4) {
            tr_store4(word, tr_load4(source));
        }
    }
}

/* Any window: the part of each row inside the image, zero points around it. */
static void copy_clipped(const tr_dsp_walk *walk, int8_t *to)
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
        to = fill(to, zero, columns.first * c);
        if (w->dilation_w == 1) {
            to = copy(to, from, taps * c);
        } else {
            for (int32_t n = taps; n > 0; n--, from += w->dilation_w * c) {
                to = copy(to, from, c);
            }
        }
        to = fill(to, zero, (w->kernel_w - columns.last) * c);
    }
}

static int32_t is_inside(const tr_dsp_walk *walk, int32_t x, int32_t last)
{
    return x >= walk->first_x && last <= walk->last_x && walk->y >= walk->first_y &&
           walk->y <= walk->last_y;
}

static void advance(tr_dsp_walk *walk)
{
    const tr_window *w = walk->window;
    if (walk->x + 1 < w->out_w) {
        walk->x++;
    } else if (walk->y + 1 < w->out_h) {
        walk->x = 0;
        walk->y++;
    }
}

static void one_window(const tr_dsp_walk *walk, tr_dsp_windows *to, int32_t j)
{
    const tr_window *w = walk->window;
    const int32_t pitch = w->in_w * walk->in_c * w->dilation_h;
    int8_t *copied = walk->copies + 4 * walk->steps * j;
    to->row[j] = copied;
    to->skip[j] = 0;
    if (is_inside(walk, walk->x, walk->x)) {
        const int32_t y = walk->y * w->stride_h - w->pad_top;
        const int32_t x = walk->x * w->stride_w - w->pad_left;
        const int8_t *from = walk->image + (y * w->in_w + x) * walk->in_c;
        if (walk->direct) {
            to->row[j] = from;
            to->skip[j] = pitch - walk->run;
            return;
        }
        const int32_t reach = (w->kernel_h - 1) * pitch + (walk->run + 3) / 4 * 4;
        if (w->dilation_w == 1 && reach <= walk->image_end - from) {
            copy_rows(walk, from, pitch, copied);
            return;
        }
    }
    copy_clipped(walk, copied);
}

static void along(tr_dsp_walk *walk)
{
    tr_dsp_windows windows;
    const int8_t *from = walk->linear, *last = walk->image_end - walk->in_c;
    for (int32_t j = 0; j < 3; j++) {
        windows.row[j] = from;
        from = from < last ? from + walk->in_c : last;
    }
    walk->linear = from;
    windows.skip[0] = windows.skip[1] = windows.skip[2] = 0;
    windows.words = walk->steps;
    windows.rows = 1;
    tr_dsp_expand(&windows, walk->taps);
}

void tr_dsp_gather(tr_dsp_walk *walk)
{
    const tr_window *w = walk->window;
    tr_dsp_windows windows;
    if (walk->linear != 0) {
        along(walk);
        return;
    }
    windows.words = walk->direct ? walk->run / 4 : walk->steps;
    windows.rows = walk->direct ? w->kernel_h : 1;
    if (walk->direct && is_inside(walk, walk->x, walk->x + 2)) {
        const int32_t y = walk->y * w->stride_h - w->pad_top;
        const int32_t x = walk->x * w->stride_w - w->pad_left;
        const int32_t step = w->stride_w * walk->in_c;
        const int8_t *from = walk->image + (y * w->in_w + x) * walk->in_c;
        const int32_t skip = w->in_w * walk->in_c * w->dilation_h - walk->run;
        for (int32_t j = 0; j < 3; j++, from += step) {
            windows.row[j] = from;
            windows.skip[j] = skip;
        }
        walk->x += 2;
        advance(walk);
    } else {
        for (int32_t j = 0; j < 3; j++) {
            one_window(walk, &windows, j);
            advance(walk);
        }
    }
    tr_dsp_expand(&windows, walk->taps);
}
