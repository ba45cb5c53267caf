/* Inputs that spread over an image: the geometry of transposed convolutions. */
#ifndef TINYROB_TR_SPREAD_H
#define TINYROB_TR_SPREAD_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where inputs go: input (y, x) meets the outputs from (y * stride_h - pad_top, x * stride_w -
 * pad_left) on, as many as the kernel has rows and columns. All are in [1, 32767], pads from 0. */
typedef struct tr_spread {
    uint16_t in_h, in_w;
    uint16_t out_h, out_w;
    uint16_t kernel_h, kernel_w;
    uint16_t stride_h, stride_w;
    uint16_t pad_top, pad_left;
} tr_spread;

#ifdef __cplusplus
}
#endif

#endif
