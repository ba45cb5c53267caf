/* A convolution of few taps, in blocks of pixels of which each channel takes all: what the kernels
 * of up to 2, 4, 6, 8 and 12 taps share, each of which includes this once and says
 *   TR_DSP_SHORT_LANES  words of lanes that a window is: 1, 2, 3, 4 or 6
 *   TR_DSP_SHORT_BLOCK  pixels at a time
 *   TR_DSP_SHORT_RUN    what makes their outputs (tr_dsp_short.h).
 * One word of four taps, which are two of lanes (one, of two taps), may hold several rows of a window. Of more words each
 * belongs to one row, whose rest is filled up by what follows in the image, to meet weights of zero. Three
 * of lanes are five or six taps of one row. */
#include "tr_dsp_clamp.h"
#include "tr_dsp_copy_window.h"
#include "tr_dsp_short.h"

enum { LANES = TR_DSP_SHORT_LANES, WORDS = (LANES + 1) / 2, BLOCK = TR_DSP_SHORT_BLOCK };

typedef struct block {
    const tr_conv2d_dsp *conv;
    int32_t *taps; /* LANES * BLOCK words */
    int32_t count; /* pixels in them */
    int32_t offsets[3]; /* of the second word and those behind it, or tap, from the first one */
    int32_t rows[3];    /* the window's in which they are */
    int32_t zeros;      /* four times what padding holds */
    int32_t reach;      /* from a window's first byte to the end of its last word */
    int8_t *out;
} block;

static inline void put(int32_t *to, int32_t word)
{
    to[0] = tr_sxtb16(word);
    if (LANES == 1) {
        to[0] = tr_pack_low(to[0], tr_sxtb16_odd(word));
    } else {
        to[1] = tr_sxtb16_odd(word);
    }
}

/* Two words of four taps, the last two of which may be left out. */
static inline void put_both(int32_t *to, const int8_t *first, const int8_t *second)
{
    put(to, tr_load4(first));
    if (LANES == 3) {
        to[2] = tr_pack_low(second[0], second[1]);
    } else {
        put(to + 2, tr_load4(second));
    }
}

/* All channels of the pixels that are there. */
static void flush(block *b)
{
    const int32_t channels = b->conv->out_c;
    const tr_dsp_short_run run = {b->taps, b->out, channels, b->count, b->conv->rectified,
                                  b->conv->stream, b->conv->stream + (LANES + 4) * channels};
    TR_DSP_SHORT_RUN(&run);
    b->out += b->count * channels;
    b->count = 0;
}

/* Pixels whose words lie in the image, the first one's window at `from`, `step` bytes apart; of
 * one word, its taps where it is not `whole`. */
static void inside(block *b, const int8_t *from, int32_t step, int32_t pixels, int32_t whole)
{
    const int32_t apart[3] = {b->offsets[0], b->offsets[1], b->offsets[2]};
    int32_t *to = b->taps + LANES * b->count;
    b->count += pixels;
    if (WORDS > 1) {
        for (; pixels > 0; pixels--, from += step, to += LANES) {
            put_both(to, from, from + apart[0]);
            if (WORDS > 2) {
                put(to + 4, tr_load4(from + apart[1]));
            }
        }
    } else if (whole) {
        for (; pixels > 0; pixels--, from += step, to += LANES) {
            put(to, tr_load4(from));
        }
    }
    for (; pixels > 0; pixels--, from += step, to += LANES) {
        to[0] = tr_pack_low(from[0], from[apart[LANES == 1 ? 0 : 1]]);
        if (LANES > 1) {
            to[1] = tr_pack_low(from[apart[0]], from[apart[2]]);
        }
    }
}

/* As many as have their words in the image of pixels at column `x` of it, whose columns all lie there,
 * but not all rows: the others hold zeros. */
static int32_t cut(block *b, const tr_dsp_walk *walk, int32_t x, int32_t step, int32_t pixels)
{
    enum { ITEMS = LANES == 1 ? 2 : WORDS > 1 ? WORDS : 4 };
    const tr_window *w = walk->window;
    const int32_t top = walk->y * w->stride_h - w->pad_top;
    const int8_t *from[ITEMS];
    int32_t steps[ITEMS], *to = b->taps + LANES * b->count;
    for (int32_t i = 0; i < ITEMS; i++) {
        const int32_t y = top + (i > 0 ? b->rows[i - 1] * w->dilation_h : 0);
        const int32_t offset = i > 0 ? b->offsets[i - 1] : 0;
        const int32_t is_inside = y >= 0 && y < w->in_h;
        from[i] = is_inside ? walk->image + ((top * w->in_w + x) * walk->in_c + offset)
                            : (const int8_t *)&b->zeros;
        steps[i] = is_inside ? step : 0;
        if (WORDS > 1 && is_inside) {
            const int32_t room = (int32_t)(walk->image_end - from[i]) - 4;
            const int32_t fit = room < 0 ? 0 : room / step + 1;
            pixels = fit < pixels ? fit : pixels;
        }
    }
    b->count += pixels;
    for (int32_t n = pixels; n > 0; n--, to += LANES) {
        if (WORDS == 1) {
            to[0] = tr_pack_low(*from[0], *from[LANES == 1 ? 1 : 2]);
            if (LANES > 1) {
                to[1] = tr_pack_low(*from[1], *from[3]);
            }
        } else {
            put_both(to, from[0], from[1]);
            if (WORDS > 2) {
                put(to + 4, tr_load4(from[2]));
            }
        }
        for (int32_t i = 0; i < ITEMS; i++) {
            from[i] += steps[i];
        }
    }
    return pixels;
}

static void outside(block *b, const tr_dsp_walk *walk)
{
    int8_t window[4 * WORDS + 4] = {0};
    int32_t *to = b->taps + LANES * b->count;
    tr_dsp_copy_window(walk, window);
    b->count++;
    if (LANES == 3) {
        put_both(to, window, window + 4);
        return;
    }
    const int32_t each = WORDS > 1 ? WORDS / walk->window->kernel_h : 1;
    for (int32_t row = 0, left = WORDS; left > 0; left -= each, row += walk->run) {
        for (int32_t n = 0; n < each; n++, to += 2) {
            put(to, tr_load4(window + row + 4 * n));
        }
    }
}

static void start(block *b, const tr_dsp_walk *walk)
{
    const tr_window *w = walk->window;
    if (WORDS > 1) {
        const int32_t each = WORDS / w->kernel_h;
        for (int32_t n = 1; n < WORDS; n++) {
            b->offsets[n - 1] = n / each * walk->pitch + 4 * (n % each);
            b->rows[n - 1] = n / each;
        }
        b->reach = b->offsets[WORDS - 2] + (LANES == 3 ? 2 : 4);
        return;
    }
    for (int32_t t = 1; t < 4; t++) {
        const int32_t row = t / walk->run, column = t % walk->run / walk->in_c;
        const int32_t there = row * walk->pitch + column * w->dilation_w * walk->in_c;
        b->offsets[t - 1] = row < w->kernel_h ? there + t % walk->in_c : 0;
        b->rows[t - 1] = row < w->kernel_h ? row : 0;
    }
    b->reach = 4;
}

/* How many of `pixels` windows from `from` on have all of their words in the image. */
static int32_t fitting(const block *b, const tr_dsp_walk *walk, const int8_t *from, int32_t step,
                       int32_t pixels)
{
    const int32_t room = (int32_t)(walk->image_end - from) - b->reach;
    const int32_t fit = room < 0 ? 0 : room / step + 1;
    return fit < pixels ? fit : pixels;
}

/* The pixels of the walk's row. */
static void output_row(block *b, tr_dsp_walk *walk)
{
    const tr_window *w = walk->window;
    const int32_t step = w->stride_w * walk->in_c, y = walk->y * w->stride_h - w->pad_top;
    const int32_t rows = walk->y >= walk->first_y && walk->y <= walk->last_y;
    for (walk->x = 0; walk->x < w->out_w;) {
        int32_t pixels = 0;
        if (walk->x >= walk->first_x && walk->x <= walk->last_x) {
            const int32_t left = walk->last_x + 1 - walk->x, room = BLOCK - b->count;
            const int32_t most = left < room ? left : room;
            const int32_t x = walk->x * w->stride_w - w->pad_left;
            if (rows) {
                const int8_t *from = walk->image + (y * w->in_w + x) * walk->in_c;
                const int32_t fit = fitting(b, walk, from, step, most);
                pixels = WORDS > 1 ? fit : most;
                inside(b, from, step, pixels, w->kernel_h == 1 && walk->flat && fit == most);
            } else {
                pixels = cut(b, walk, x, step, most);
            }
            walk->x += pixels;
        }
        if (pixels == 0) {
            outside(b, walk);
            walk->x++;
        }
        if (b->count == BLOCK) {
            flush(b);
        }
    }
}

static void convolve(const tr_conv2d_dsp *conv, const int8_t *in, int8_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    block b = {conv, scratch, 0, {0, 0, 0}, {0, 0, 0}, 0, 0, out};
    b.zeros = tr_four_times(conv->input_zero_point);
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
    tr_dsp_clamp(out, (int32_t)(b.out - out), conv->lo, conv->hi);
}
