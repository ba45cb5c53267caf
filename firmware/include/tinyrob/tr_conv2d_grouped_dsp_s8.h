/* 2-D convolution in groups of channels on Cortex-M with DSP, int8, per-channel: TFLite's CONV_2D. */
#ifndef TINYROB_TR_CONV2D_GROUPED_DSP_S8_H
#define TINYROB_TR_CONV2D_GROUPED_DSP_S8_H

#include "tinyrob/tr_conv2d_dsp_s8.h"
#include "tinyrob/tr_groups.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `conv` is the first group's; the constants of the others follow its, `words` of its stream each. */
typedef struct tr_conv2d_grouped_dsp {
    tr_groups groups;
    uint32_t words;
    tr_conv2d_dsp conv;
} tr_conv2d_grouped_dsp;

/* in: images of count * in_c channels; out: of count * out_c; no overlap. scratch: the convolution's,
 * then a group's inputs, then its outputs; aligned to 4. */
void tr_conv2d_grouped_dsp_s8(const tr_conv2d_grouped_dsp *of, const int8_t *in, int8_t *out,
                              void *scratch);

#ifdef __cplusplus
}
#endif

#endif
