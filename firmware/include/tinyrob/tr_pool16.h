/* What average and max pooling of int16 are told. */
#ifndef TINYROB_TR_POOL16_H
#define TINYROB_TR_POOL16_H

#include "tinyrob/tr_inline.h"
#include "tinyrob/tr_output16.h"
#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Dilation is 1. A window has at most 2^15 taps. */
typedef struct tr_pool16 {
    tr_window window;
    uint16_t batches, channels;
    tr_output16 output;
} tr_pool16;

/* What a window of one channel becomes: its taps, which are clipped to the image; `in` is the image
 * at the channel. */
typedef int16_t (*tr_pool16_window)(const tr_pool16 *pool, tr_taps rows, tr_taps columns,
                                    const int16_t *in);

/* Each value of `out`. In line, and `window` with it where it is known. */
TR_INLINE void tr_pool16_each(const tr_pool16 *pool, const int16_t *in, int16_t *out,
                              tr_pool16_window window)
{
    const tr_window *w = &pool->window;
    for (int32_t n = 0; n < pool->batches; n++, in += w->in_h * w->in_w * pool->channels) {
        for (int32_t y = 0; y < w->out_h; y++) {
            const tr_taps rows = tr_clip_rows(w, y);
            for (int32_t x = 0; x < w->out_w; x++) {
                const tr_taps columns = tr_clip_columns(w, x);
                for (int32_t c = 0; c < pool->channels; c++) {
                    *out++ = window(pool, rows, columns, in + c);
                }
            }
        }
    }
}

/* What becomes of `start` when `take` has had each value of a window. */
TR_INLINE int32_t tr_pool16_fold(const tr_pool16 *pool, tr_taps rows, tr_taps columns,
                                 const int16_t *in, int32_t start,
                                 int32_t (*take)(int32_t before, int32_t value))
{
    const tr_window *w = &pool->window;
    for (int32_t ky = rows.first; ky < rows.last; ky++) {
        const int32_t first = (rows.origin + ky) * w->in_w + columns.origin + columns.first;
        const int16_t *value = in + first * pool->channels;
        for (int32_t n = columns.last - columns.first; n > 0; n--, value += pool->channels) {
            start = take(start, *value);
        }
    }
    return start;
}

#ifdef __cplusplus
}
#endif

#endif
