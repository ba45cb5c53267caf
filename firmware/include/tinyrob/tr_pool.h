/* What average and max pooling are told. */
#ifndef TINYROB_TR_POOL_H
#define TINYROB_TR_POOL_H

#include "tinyrob/tr_qmath.h"
#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Dilation is 1; the output's zero point is 0 here, since values keep their quantization. A
 * window has at most 2^23 taps. */
typedef struct tr_pool {
    tr_window window;
    uint16_t batches, channels;
    tr_output output;
} tr_pool;

#ifdef __cplusplus
}
#endif

#endif
