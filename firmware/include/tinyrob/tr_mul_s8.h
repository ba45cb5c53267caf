/* Elementwise product of two int8 tensors of any scales: TFLite's MUL. */
#ifndef TINYROB_TR_MUL_S8_H
#define TINYROB_TR_MUL_S8_H

#include "tinyrob/tr_broadcast.h"
#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* (a + a_offset) * (b + b_offset) times the multiplier; offsets in [-127, 128]. */
typedef struct tr_mul {
    tr_broadcast shape;
    int16_t a_offset, b_offset;
    int32_t multiplier;
    int8_t shift; /* such that no product leaves an int32 */
    tr_output output;
} tr_mul;

/* `out` may be `a` or `b` where that operand does not repeat. */
void tr_mul_s8(const tr_mul *mul, const int8_t *a, const int8_t *b, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
