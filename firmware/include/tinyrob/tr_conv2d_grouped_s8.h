/* 2-D convolution in groups of channels, int8, per-channel: TFLite's CONV_2D. */
#ifndef TINYROB_TR_CONV2D_GROUPED_S8_H
#define TINYROB_TR_CONV2D_GROUPED_S8_H

#include "tinyrob/tr_conv2d_s8.h"
#include "tinyrob/tr_groups.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `conv` is the first group's; the constants of the others follow its, `weights` of them a group. */
typedef struct tr_conv2d_grouped {
    tr_groups groups;
    uint32_t weights;
    tr_conv2d conv;
} tr_conv2d_grouped;

/* in: images of count * in_c channels; out: of count * out_c; no overlap. scratch: the convolution's,
 * then a group's inputs, then its outputs. */
void tr_conv2d_grouped_s8(const tr_conv2d_grouped *of, const int8_t *in, int8_t *out,
                          void *scratch);

#ifdef __cplusplus
}
#endif

#endif
