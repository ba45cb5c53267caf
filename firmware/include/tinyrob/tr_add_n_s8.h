/* The sum of any number of int8 tensors: TFLite's ADD_N. */
#ifndef TINYROB_TR_ADD_N_S8_H
#define TINYROB_TR_ADD_N_S8_H

#include "tinyrob/tr_sum.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `count` inputs of `elements` values, at most 65536 of them. */
typedef struct tr_add_n {
    uint32_t elements, count;
    tr_sum sum;
} tr_add_n;

/* `out` may be any of `inputs`. */
void tr_add_n_s8(const tr_add_n *add, const int8_t *const *inputs, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
