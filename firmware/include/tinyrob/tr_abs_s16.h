/* Absolute values of int16: TFLite's ABS. */
#ifndef TINYROB_TR_ABS_S16_H
#define TINYROB_TR_ABS_S16_H

#include "tinyrob/tr_output16.h"
#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* |x| times the multiplier; no product leaves an int32. */
typedef struct tr_abs16 {
    uint32_t elements;
    int32_t multiplier;
    int8_t shift;
    tr_output16 output;
} tr_abs16;

/* in and out: `elements` values; `out` may be `in`. */
void tr_abs_s16(const tr_abs16 *layer, const int16_t *in, int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
