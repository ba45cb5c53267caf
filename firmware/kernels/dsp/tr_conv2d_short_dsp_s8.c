/* Convolution for Cortex-M with DSP of one to four taps: some pixels at a time, of which each
 * channel takes all (tr_dsp_short.h). What an output costs beside its taps is what counts here:
 * about 10 instructions in all. */
#include "tinyrob/tr_conv2d_short_dsp_s8.h"

#include "tr_dsp_clamp.h"
#include "tr_dsp_copy_window.h"
#include "tr_dsp_short.h"

/* Pixels at a time; even. */
enum { BLOCK = 24 };

typedef struct block {
    const tr_conv2d_dsp *conv;
    int32_t *taps; /* 2 * BLOCK words */
    int32_t count; /* pixels in them */
    int32_t offsets[3]; /* of the second to the fourth tap from the first one */
    int8_t *out;
} block;

static inline void put(int32_t *to, int32_t word)
{
    to[0] = tr_sxtb16(word);
    to[1] = tr_sxtb16_odd(word);
}

/* All channels of the pixels that are there. */
static void flush(block *b)
{
    const int32_t channels = b->conv->out_c, odd = b->count % 2;
    tr_dsp_short_run run = {b->taps, b->out, channels, b->count / 2, b->conv->rectified,
                            b->conv->stream, b->conv->stream + 6 * channels};
    if (run.pairs > 0) {
        tr_dsp_short(&run);
    }
    if (odd && run.pairs > 0) { /* the last one, and the one before it once more */
        run.taps += 2 * (b->count - 2);
        run.out += (b->count - 2) * channels;
        run.pairs = 1;
        tr_dsp_short(&run);
    } else if (odd) {
        b->taps[2] = b->taps[0];
        b->taps[3] = b->taps[1];
        run.step = 0;
        run.pairs = 1;
        tr_dsp_short(&run);
    }
    tr_dsp_clamp(b->out, b->count * channels, b->conv->lo, b->conv->hi);
    b->out += b->count * channels;
    b->count = 0;
}

/* Pixels inside the image, the first one's window at `from`, `step` bytes apart. */
static void inside(block *b, const int8_t *from, int32_t step, int32_t pixels, int32_t whole)
{
    const int32_t second = b->offsets[0], third = b->offsets[1], fourth = b->offsets[2];
    int32_t *to = b->taps + 2 * b->count;
    b->count += pixels;
    if (whole) {
        for (; pixels > 0; pixels--, from += step, to += 2) {
            put(to, tr_load4(from));
        }
    }
    for (; pixels > 0; pixels--, from += step, to += 2) {
        to[0] = tr_pack_low(from[0], from[third]);
        to[1] = tr_pack_low(from[second], from[fourth]);
    }
}

static void outside(block *b, const tr_dsp_walk *walk)
{
    int8_t window[8] = {0};
    tr_dsp_copy_window(walk, window);
    put(b->taps + 2 * b->count, tr_load4(window));
    b->count++;
}

static void start(block *b, const tr_dsp_walk *walk)
{
    const tr_window *w = walk->window;
    for (int32_t t = 1; t < 4; t++) {
        const int32_t row = t / walk->run, column = t % walk->run / walk->in_c;
        const int32_t there = row * walk->pitch + column * w->dilation_w * walk->in_c;
        b->offsets[t - 1] = row < w->kernel_h ? there + t % walk->in_c : 0;
    }
}

/* The pixels of the walk's row. */
static void output_row(block *b, tr_dsp_walk *walk)
{
    const tr_window *w = walk->window;
    const int32_t step = w->stride_w * walk->in_c, y = walk->y * w->stride_h - w->pad_top;
    const int32_t rows = walk->y >= walk->first_y && walk->y <= walk->last_y;
    for (walk->x = 0; walk->x < w->out_w;) {
        if (rows && walk->x >= walk->first_x && walk->x <= walk->last_x) {
            const int32_t left = walk->last_x + 1 - walk->x, room = BLOCK - b->count;
            const int32_t pixels = left < room ? left : room;
            const int32_t x = walk->x * w->stride_w - w->pad_left;
            const int8_t *from = walk->image + (y * w->in_w + x) * walk->in_c;
            const int32_t whole = w->kernel_h == 1 && walk->flat &&
                                  walk->image_end - from >= (pixels - 1) * step + 4;
            inside(b, from, step, pixels, whole);
            walk->x += pixels;
        } else {
            outside(b, walk);
            walk->x++;
        }
        if (b->count == BLOCK) {
            flush(b);
        }
    }
}

void tr_conv2d_short_dsp_s8(const tr_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                            void *scratch)
{
    const tr_window *w = &conv->window;
    block b = {conv, scratch, 0, {0, 0, 0}, out};
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c) {
        tr_dsp_walk walk;
        tr_dsp_walk_start(&walk, w, conv->in_c, conv->input_zero_point, in, scratch);
        start(&b, &walk);
        for (; walk.y < w->out_h; walk.y++) {
            output_row(&b, &walk);
        }
    }
    if (b.count > 0) {
        flush(&b);
    }
}
