/* Elementwise sum of two int8 tensors of any scales: TFLite's ADD. */
#ifndef TINYROB_TR_ADD_S8_H
#define TINYROB_TR_ADD_S8_H

#include "tinyrob/tr_broadcast.h"
#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One operand: its value + offset (in [-127, 128]), times 2^20, times the multiplier (<= 1). */
typedef struct tr_add_operand {
    int32_t multiplier;
    int16_t offset;
    int8_t shift; /* [-31, 0] */
} tr_add_operand;

typedef struct tr_add {
    tr_broadcast shape;
    tr_add_operand a, b;
    int32_t multiplier; /* of the sum */
    int8_t shift;       /* [-31, 0] */
    tr_output output;
} tr_add;

/* `out` may be `a` or `b` where that operand does not repeat. */
void tr_add_s8(const tr_add *add, const int8_t *a, const int8_t *b, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
