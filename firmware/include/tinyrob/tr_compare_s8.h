/* Comparisons, int8 to 0 or 1: TFLite's EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL. */
#ifndef TINYROB_TR_COMPARE_S8_H
#define TINYROB_TR_COMPARE_S8_H

#include "tinyrob/tr_broadcast.h"
#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* a + a_offset, 8 bits up, times its multiplier, against the same of b; offsets in [-127, 128],
 * shifts in [-31, 0]. `taken`: bit 0 for a below b, bit 1 for equal ones, bit 2 for a above b. */
typedef struct tr_compare {
    tr_broadcast shape;
    int16_t a_offset, b_offset;
    int32_t a_multiplier, b_multiplier;
    int8_t a_shift, b_shift;
    uint8_t taken;
} tr_compare;

/* `out` may be `a` or `b` where that operand does not repeat. */
void tr_compare_s8(const tr_compare *compare, const int8_t *a, const int8_t *b, int8_t *out,
                   void *scratch);

#ifdef __cplusplus
}
#endif

#endif
