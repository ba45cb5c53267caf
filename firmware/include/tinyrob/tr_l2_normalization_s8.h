/* Rows over their lengths, int8: TFLite's L2_NORMALIZATION. */
#ifndef TINYROB_TR_L2_NORMALIZATION_S8_H
#define TINYROB_TR_L2_NORMALIZATION_S8_H

#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `rows` rows of `columns` values; columns * 255^2 < 2^31; `offset` in [-127, 128] is added to each
 * value. The output's scale is 2^-7, its zero point 0. */
typedef struct tr_l2_normalization {
    uint32_t rows, columns;
    int16_t offset;
    tr_output output;
} tr_l2_normalization;

/* `out` may be `in`. */
void tr_l2_normalization_s8(const tr_l2_normalization *norm, const int8_t *in, int8_t *out,
                            void *scratch);

#ifdef __cplusplus
}
#endif

#endif
