#include "tr_dsp_gather.h"

#include "tr_dsp.h"

/* The last position along an axis whose window ends inside the image; -1: none. */
static int32_t last_inside(int32_t size, int32_t padding, int32_t kernel, int32_t dilation,
                           int32_t stride, int32_t positions)
{
    const int32_t room = size + padding - ((kernel - 1) * dilation + 1);
    const int32_t last = room < 0 ? -1 : room / stride;
    return last < positions ? last : positions - 1;
}

void tr_dsp_walk_start(tr_dsp_walk *walk, const tr_window *w, int32_t in_c, int32_t zero_point,
                       const int8_t *image, void *scratch)
{
    walk->window = w;
    walk->image = image;
    walk->image_end = image + w->in_h * w->in_w * in_c;
    walk->in_c = in_c;
    walk->run = w->kernel_w * in_c;
    walk->steps = tr_words(w->kernel_h * walk->run);
    walk->taps = scratch;
    walk->copies = (int8_t *)(walk->taps + 6 * walk->steps);
    walk->tails = walk->copies + 12 * walk->steps + 4;
    walk->words = w->kernel_h == 1 ? walk->steps : walk->run >> 2;
    walk->pitch = w->in_w * in_c * w->dilation_h;
    walk->reach = (w->kernel_h - 1) * walk->pitch + 4 * tr_words(walk->run);
    walk->flat = (int8_t)(w->dilation_w == 1);
    walk->linear = (int8_t)(w->kernel_h == 1 && w->kernel_w == 1 && w->out_h == w->in_h &&
                            w->out_w == w->in_w);
    walk->zero_point = (int8_t)zero_point;
    walk->x = 0;
    walk->y = 0;
    walk->step = w->stride_w * in_c;
    walk->there.words = walk->words;
    walk->there.rows = w->kernel_h;
    walk->there.skip[0] = walk->there.skip[1] = walk->there.skip[2] = 0;
    walk->next = image;
    walk->triples = walk->linear ? w->out_h * w->out_w / 3 : 0;
    while (walk->triples > 0 &&
           walk->image_end - image < (3 * walk->triples - 1) * in_c + walk->reach) {
        walk->triples--;
    }
    walk->first_x = (w->pad_left + w->stride_w - 1) / w->stride_w;
    walk->first_y = (w->pad_top + w->stride_h - 1) / w->stride_h;
    walk->last_x = last_inside(w->in_w, w->pad_left, w->kernel_w, w->dilation_w, w->stride_w,
                               w->out_w);
    walk->last_y = last_inside(w->in_h, w->pad_top, w->kernel_h, w->dilation_h, w->stride_h,
                               w->out_h);
}
