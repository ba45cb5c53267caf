/* Filters of features over time, int8 with a state of int8 or int16: TFLite's SVDF. */
#ifndef TINYROB_TR_SVDF_S8_H
#define TINYROB_TR_SVDF_S8_H

#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* units * rank filters. `features` are (filters, in_c), row by row; `feature_bias` holds the input's
 * zero point. Of `time` and `wide_time` (filters, memory) one is there: it says what the state is.
 * Sums and factors are such that no rescaled sum leaves an int32; those over time of an int16 state
 * are modulo 2^32, and `shift` is then in [-31, 0]. */
typedef struct tr_svdf {
    uint32_t in_c, units, rank, memory;
    const int8_t *features;
    const int32_t *feature_bias;
    const int8_t *time;
    const int16_t *wide_time;
    const int32_t *bias;
    int32_t feature_multiplier, multiplier;
    int8_t feature_shift, shift;
    int8_t state_zero_point; /* 0 where the state is of int16 */
    tr_output output;
} tr_svdf;

/* A filter's new value from its rescaled sum over the inputs, of the state's type. An int8 wraps, as
 * TFLite has it: the zero point comes behind the clamp. */
static inline int32_t tr_svdf_fresh(const tr_svdf *svdf, int32_t sum)
{
    const int32_t lo = svdf->wide_time ? INT16_MIN : INT8_MIN;
    const int32_t hi = svdf->wide_time ? INT16_MAX : INT8_MAX;
    int32_t value = tr_multiply(sum, svdf->feature_multiplier, svdf->feature_shift);
    value = value < lo ? lo : value > hi ? hi : value;
    return svdf->wide_time ? value : ((value + svdf->state_zero_point + 128) & 255) - 128;
}

/* in: in_c values; out: units. `state` (filters * memory, at an even address where it is of int16)
 * is read and changed: its last column becomes the new one. No overlap. */
void tr_svdf_s8(const tr_svdf *svdf, const int8_t *in, int8_t *out, int8_t *state, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
