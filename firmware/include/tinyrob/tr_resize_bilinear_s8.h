/* Images of another size, between the pixels of the old: TFLite's RESIZE_BILINEAR of int8. */
#ifndef TINYROB_TR_RESIZE_BILINEAR_S8_H
#define TINYROB_TR_RESIZE_BILINEAR_S8_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* For each of `count` outputs along an axis: the two neighbours, and how many 1024ths of the way it
 * is from the first to the second, in [-512, 1024]; below 0 only where both are one. */
typedef struct tr_resize_axis {
    uint32_t count;
    const int32_t *places;
} tr_resize_axis;

typedef struct tr_resize_bilinear {
    uint32_t batches;
    uint32_t in_h, in_w;
    uint32_t channels;
    tr_resize_axis rows, columns;
} tr_resize_bilinear;

/* in: batches * in_h * in_w * channels values; out: batches * rows * columns * channels; no
 * overlap. */
void tr_resize_bilinear_s8(const tr_resize_bilinear *resize, const int8_t *in, int8_t *out,
                           void *scratch);

#ifdef __cplusplus
}
#endif

#endif
