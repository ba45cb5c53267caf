/* The struct of convolutions with packed weights in portable C. */
#ifndef TINYROB_TR_CONV2D_PACKED_H
#define TINYROB_TR_CONV2D_PACKED_H

#include "tinyrob/tr_conv2d_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_conv2d; a weight is factor[channel] (1 to 127) times a level. `weights` hold, for each four
 * channels, the fields of tap 0, then of tap 1, ...: level + 1 in 2 bits, or level + 8 in 4 bits,
 * the first channel's in the lowest. Channels that fill up the last four have level 0. */
typedef struct tr_conv2d_packed {
    tr_conv2d conv;
    const uint8_t *factor;
} tr_conv2d_packed;

#ifdef __cplusplus
}
#endif

#endif
