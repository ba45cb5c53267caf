/* TFLite's CONV_2D from weights of 2 bits. */
#ifndef TINYROB_TR_CONV2D_2BIT_S8_H
#define TINYROB_TR_CONV2D_2BIT_S8_H

#include "tinyrob/tr_conv2d_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * out_c; no overlap. */
void tr_conv2d_2bit_s8(const tr_conv2d_packed *packed, const int8_t *in, int8_t *out,
                       void *scratch);

#ifdef __cplusplus
}
#endif

#endif
