/* Quotients, int8: TFLite's DIV. */
#ifndef TINYROB_TR_DIV_S8_H
#define TINYROB_TR_DIV_S8_H

#include "tinyrob/tr_broadcast.h"
#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* (a + a_offset) / (b + b_offset), times the multiplier; offsets in [-127, 128], shift in
 * [7, 22]. */
typedef struct tr_div {
    tr_broadcast shape;
    int16_t a_offset, b_offset;
    int32_t multiplier;
    int8_t shift;
    tr_output output;
} tr_div;

/* `out` may be `a` or `b` where that operand does not repeat. */
void tr_div_s8(const tr_div *div, const int8_t *a, const int8_t *b, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
