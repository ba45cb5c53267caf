/* Softmax by two tables, int16 to int16 (scale 2^-15): TFLite's SOFTMAX of int16. */
#ifndef TINYROB_TR_SOFTMAX_S16_H
#define TINYROB_TR_SOFTMAX_S16_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Differences to a row's maximum times the factor are in steps of 10 / 65535, at which
 * `exponentials` holds exp from -10 to 0; `reciprocals` holds 1 / (1 + x) from 0 to 1. Both have 512
 * steps and an end, in units of 2^-15. No product leaves an int32; columns in [1, 65535]. */
typedef struct tr_softmax16 {
    uint32_t rows, columns;
    int32_t multiplier;
    int8_t shift;
    const int16_t *exponentials;
    const int16_t *reciprocals;
} tr_softmax16;

/* in and out: rows * columns values; `out` may be `in`. */
void tr_softmax_s16(const tr_softmax16 *softmax, const int16_t *in, int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
