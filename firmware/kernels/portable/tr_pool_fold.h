/* A window of one channel, value by value: what average and max pooling share. */
#ifndef TINYROB_TR_POOL_FOLD_H
#define TINYROB_TR_POOL_FOLD_H

#include "tinyrob/tr_pool.h"

/* What becomes of `start` when `take` has had each value; `in` is the image at the channel. */
TR_INLINE int32_t tr_pool_fold(const tr_pool *pool, tr_taps rows, tr_taps columns, const int8_t *in,
                               int32_t start, int32_t (*take)(int32_t before, int32_t value))
{
    const tr_window *w = &pool->window;
    for (int32_t ky = rows.first; ky < rows.last; ky++) {
        const int32_t first = (rows.origin + ky) * w->in_w + columns.origin + columns.first;
        const int8_t *value = in + first * pool->channels;
        for (int32_t n = columns.last - columns.first; n > 0; n--, value += pool->channels) {
            start = take(start, *value);
        }
    }
    return start;
}

#endif
