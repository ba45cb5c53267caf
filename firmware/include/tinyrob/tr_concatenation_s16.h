/* Tensors side by side along one axis, int16: TFLite's CONCATENATION. */
#ifndef TINYROB_TR_CONCATENATION_S16_H
#define TINYROB_TR_CONCATENATION_S16_H

#include "tinyrob/tr_output16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each of `count` inputs holds `rows` runs; a run of input i is lengths[i] values (the product of
 * its axes from the joined one on). */
typedef struct tr_concatenation16 {
    uint32_t rows;
    uint32_t count;
    const uint32_t *lengths;
    tr_output16 output;
} tr_concatenation16;

/* out: rows * (sum of lengths) values; no overlap with any input. */
void tr_concatenation_s16(const tr_concatenation16 *layer, const int16_t *const *inputs,
                          int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
