/* Elementwise product of two int16 tensors of any scales: TFLite's MUL. */
#ifndef TINYROB_TR_MUL_S16_H
#define TINYROB_TR_MUL_S16_H

#include "tinyrob/tr_broadcast16.h"
#include "tinyrob/tr_output16.h"
#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* a * b times the multiplier. */
typedef struct tr_mul16 {
    tr_broadcast shape;
    int32_t multiplier;
    int8_t shift; /* [-31, 0] */
    tr_output16 output;
} tr_mul16;

/* `out` may be `a` or `b` where that operand does not repeat. */
void tr_mul_s16(const tr_mul16 *mul, const int16_t *a, const int16_t *b, int16_t *out,
                void *scratch);

#ifdef __cplusplus
}
#endif

#endif
