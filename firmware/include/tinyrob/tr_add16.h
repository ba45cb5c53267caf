/* What sums and differences of int16 are told. */
#ifndef TINYROB_TR_ADD16_H
#define TINYROB_TR_ADD16_H

#include "tinyrob/tr_broadcast16.h"
#include "tinyrob/tr_output16.h"
#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One operand: its value times 2^15, times the multiplier (<= 1). */
typedef struct tr_add16_operand {
    int32_t multiplier;
    int8_t shift; /* [-31, 0] */
} tr_add16_operand;

typedef struct tr_add16 {
    tr_broadcast shape;
    tr_add16_operand a, b;
    int32_t multiplier; /* of the sum */
    int8_t shift;       /* [-31, 0] */
    tr_output16 output;
} tr_add16;

/* An operand on the scale on which both are added. */
static inline int32_t tr_add16_widen(const tr_add16_operand *operand, int32_t value)
{
    return tr_multiply(tr_shift_left(value, 15), operand->multiplier, operand->shift);
}

/* A sum or a difference of such operands, as an output. */
static inline int16_t tr_add16_finish(const tr_add16 *layer, int32_t sum)
{
    return tr_clamp16(tr_multiply(sum, layer->multiplier, layer->shift), &layer->output);
}

#ifdef __cplusplus
}
#endif

#endif
