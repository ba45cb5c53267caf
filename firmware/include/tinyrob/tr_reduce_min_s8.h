/* The least value along some axes, int8: TFLite's REDUCE_MIN. */
#ifndef TINYROB_TR_REDUCE_MIN_S8_H
#define TINYROB_TR_REDUCE_MIN_S8_H

#include "tinyrob/tr_reduce.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in: outer * reduced[0] * middle * reduced[1] * inner values; out: outer * middle * inner; no
 * overlap. */
void tr_reduce_min_s8(const tr_reduce *reduce, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
