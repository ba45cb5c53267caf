/* A slope for values below 0, given by another tensor: TFLite's PRELU. */
#ifndef TINYROB_TR_PRELU_S8_H
#define TINYROB_TR_PRELU_S8_H

#include "tinyrob/tr_broadcast.h"
#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x = a + a_offset: times the one multiplier where it is 0 or more, else times b + b_offset and
 * the other one; offsets in [-127, 128]. */
typedef struct tr_prelu {
    tr_broadcast shape;
    int16_t a_offset, b_offset;
    int32_t above_multiplier, below_multiplier;
    int8_t above_shift, below_shift; /* such that no product leaves an int32 */
    tr_output output;
} tr_prelu;

/* `out` may be `a` or `b` where that operand does not repeat. */
void tr_prelu_s8(const tr_prelu *prelu, const int8_t *a, const int8_t *b, int8_t *out,
                 void *scratch);

#ifdef __cplusplus
}
#endif

#endif
