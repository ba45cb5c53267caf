/* Tensors side by side along one axis, int8: TFLite's CONCATENATION. */
#ifndef TINYROB_TR_CONCATENATION_S8_H
#define TINYROB_TR_CONCATENATION_S8_H

#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each of `count` inputs holds `rows` runs; a run of input i is lengths[i] values (the product of
 * its axes from the joined one on). All have the output's quantization, so the output's zero
 * point is 0 here. */
typedef struct tr_concatenation {
    uint32_t rows;
    uint32_t count;
    const uint32_t *lengths;
    tr_output output;
} tr_concatenation;

/* out: rows * (sum of lengths) values; no overlap with any input. */
void tr_concatenation_s8(const tr_concatenation *layer, const int8_t *const *inputs, int8_t *out,
                         void *scratch);

#ifdef __cplusplus
}
#endif

#endif
