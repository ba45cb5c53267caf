/* A ramp whose slope below 0 is another for each value, int16: TFLite's PRELU. */
#ifndef TINYROB_TR_PRELU_S16_H
#define TINYROB_TR_PRELU_S16_H

#include "tinyrob/tr_broadcast.h"
#include "tinyrob/tr_output16.h"
#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* a times the factor above from 0 on, else a * (b + b_offset) times the factor below. No product
 * leaves an int32. */
typedef struct tr_prelu16 {
    tr_broadcast shape;
    int16_t b_offset; /* [-127, 128] */
    int32_t above_multiplier, below_multiplier;
    int8_t above_shift, below_shift;
    tr_output16 output;
} tr_prelu16;

/* b, the slopes, is of int8. `out` may be `a` where it does not repeat. */
void tr_prelu_s16(const tr_prelu16 *prelu, const int16_t *a, const int8_t *b, int16_t *out,
                  void *scratch);

#ifdef __cplusplus
}
#endif

#endif
