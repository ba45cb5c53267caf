/* What average and max pooling are told. */
#ifndef TINYROB_TR_POOL_H
#define TINYROB_TR_POOL_H

#include "tinyrob/tr_inline.h"
#include "tinyrob/tr_qmath.h"
#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Dilation is 1; the output's zero point is 0 here, since values keep their quantization. A
 * window has at most 2^23 taps. */
typedef struct tr_pool {
    tr_window window;
    uint16_t batches, channels;
    tr_output output;
} tr_pool;

/* Makes all channels of the output pixel at `out` from its window, which is clipped to the image
 * `in`. Returns where the next pixel goes. */
typedef int8_t *(*tr_pool_pixel)(const tr_pool *pool, tr_taps rows, tr_taps columns,
                                 const int8_t *in, int8_t *out);

/* Each pixel of `out`. In line, and `pixel` with it where it is known. */
TR_INLINE void tr_pool_pixels(const tr_pool *pool, const int8_t *in, int8_t *out,
                              tr_pool_pixel pixel)
{
    const tr_window *w = &pool->window;
    for (int32_t n = 0; n < pool->batches; n++, in += w->in_h * w->in_w * pool->channels) {
        for (int32_t y = 0; y < w->out_h; y++) {
            const tr_taps rows = tr_clip_rows(w, y);
            for (int32_t x = 0; x < w->out_w; x++) {
                out = pixel(pool, rows, tr_clip_columns(w, x), in, out);
            }
        }
    }
}

#ifdef __cplusplus
}
#endif

#endif
