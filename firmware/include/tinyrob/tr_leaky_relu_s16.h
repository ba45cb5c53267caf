/* A ramp with another slope below 0, int16: TFLite's LEAKY_RELU. */
#ifndef TINYROB_TR_LEAKY_RELU_S16_H
#define TINYROB_TR_LEAKY_RELU_S16_H

#include "tinyrob/tr_output16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values from 0 on times the factor above, others times the factor below, whose sign then changes
 * where `negative` is 1. No product leaves an int32. */
typedef struct tr_leaky_relu16 {
    uint32_t elements;
    int32_t above_multiplier, below_multiplier;
    int8_t above_shift, below_shift;
    uint8_t negative;
    tr_output16 output;
} tr_leaky_relu16;

/* in and out: `elements` values; `out` may be `in`. */
void tr_leaky_relu_s16(const tr_leaky_relu16 *layer, const int16_t *in, int16_t *out,
                       void *scratch);

#ifdef __cplusplus
}
#endif

#endif
