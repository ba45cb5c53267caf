/* The logarithm of softmax, int8: TFLite's LOG_SOFTMAX. */
#ifndef TINYROB_TR_LOG_SOFTMAX_S8_H
#define TINYROB_TR_LOG_SOFTMAX_S8_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `rows` rows of `columns` (1 to 4095) values. Differences to a row's maximum from `diff_min` on
 * become Q5.26 by `multiplier` and `left_shift`; `back_multiplier`, `back_shift` (in [-31, 0]) are
 * the way back. The output's scale is 1/16, its zero point 127. */
typedef struct tr_log_softmax {
    uint32_t rows, columns;
    int32_t multiplier, left_shift, diff_min;
    int32_t back_multiplier, back_shift;
} tr_log_softmax;

/* `out` may be `in`. */
void tr_log_softmax_s8(const tr_log_softmax *softmax, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
