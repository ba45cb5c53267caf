#include "tr_dsp_gather.h"

#include "tinyrob/tr_inline.h"

#include "tr_dsp_copy_window.h"
#include "tr_dsp_expand_tails.h"

static int32_t is_inside(const tr_dsp_walk *walk, int32_t x, int32_t last)
{
    return x >= walk->first_x && last <= walk->last_x && walk->y >= walk->first_y &&
           walk->y <= walk->last_y;
}

TR_INLINE void advance(tr_dsp_walk *walk)
{
    const tr_window *w = walk->window;
    if (walk->x + 1 < w->out_w) {
        walk->x++;
    } else if (walk->y + 1 < w->out_h) {
        walk->x = 0;
        walk->y++;
    }
}

/* Whether the words of a window that begins at `from`, and ends in the image, do so as well. */
static int32_t fits(const tr_dsp_walk *walk, const int8_t *from)
{
    return walk->reach <= walk->image_end - from;
}

static void copied_window(const tr_dsp_walk *walk, tr_dsp_windows *to, int32_t j)
{
    int8_t *copied = walk->copies + 4 * walk->steps * j;
    to->row[j] = copied;
    to->skip[j] = walk->run - 4 * walk->words;
    tr_dsp_copy_window(walk, copied);
}

static void one_window(const tr_dsp_walk *walk, tr_dsp_windows *to, int32_t j)
{
    const tr_window *w = walk->window;
    if (walk->flat && is_inside(walk, walk->x, walk->x)) {
        const int32_t y = walk->y * w->stride_h - w->pad_top;
        const int32_t x = walk->x * w->stride_w - w->pad_left;
        const int8_t *from = walk->image + (y * w->in_w + x) * walk->in_c;
        if (fits(walk, from)) {
            to->row[j] = from;
            to->skip[j] = walk->pitch - 4 * walk->words;
            return;
        }
    }
    copied_window(walk, to, j);
}

/* The last pixels of an image whose windows are its pixels: words would reach beyond it. */
static void along(tr_dsp_walk *walk, tr_dsp_windows *windows)
{
    const int8_t *from = walk->next, *last = walk->image_end - walk->in_c;
    for (int32_t j = 0; j < 3; j++) {
        windows->row[j] = from;
        if (!fits(walk, from)) {
            int8_t *copied = walk->copies + 4 * walk->steps * j;
            for (int32_t c = 0; c < walk->in_c; c++) {
                copied[c] = from[c];
            }
            windows->row[j] = copied;
        }
        from = from < last ? from + walk->in_c : last;
    }
    walk->next = from;
}

/* How many triples of pixels from here on are read where they are. */
static void look_ahead(tr_dsp_walk *walk)
{
    const tr_window *w = walk->window;
    const int32_t y = walk->y * w->stride_h - w->pad_top;
    const int32_t x = walk->x * w->stride_w - w->pad_left;
    walk->next = walk->image + (y * w->in_w + x) * walk->in_c;
    walk->triples = (walk->last_x + 1 - walk->x) / 3;
    for (int32_t j = 0; j < 3; j++) {
        walk->there.skip[j] = walk->pitch - 4 * walk->words;
    }
    while (walk->triples > 0 && !fits(walk, walk->next + (3 * walk->triples - 1) * walk->step)) {
        walk->triples--;
    }
}

static void one_by_one(tr_dsp_walk *walk)
{
    if (walk->linear) {
        along(walk, &walk->there);
        return;
    }
    for (int32_t j = 0; j < 3; j++) {
        one_window(walk, &walk->there, j);
        advance(walk);
    }
}

void tr_dsp_gather(tr_dsp_walk *walk)
{
    tr_dsp_windows *const windows = &walk->there;
    if (walk->triples == 0 && !walk->linear && walk->flat &&
        is_inside(walk, walk->x, walk->x + 2)) {
        look_ahead(walk);
    }
    if (walk->triples > 0) {
        walk->triples--;
        windows->row[0] = walk->next;
        windows->row[1] = windows->row[0] + walk->step;
        windows->row[2] = windows->row[1] + walk->step;
        walk->next = windows->row[2] + walk->step;
        if (!walk->linear) {
            walk->x += 2;
            advance(walk);
        }
    } else {
        one_by_one(walk);
    }
    if (walk->words > 0) {
        tr_dsp_expand(windows, walk->taps);
    }
    if (walk->words * walk->window->kernel_h < walk->steps) {
        tr_dsp_expand_tails(walk, windows);
    }
}
