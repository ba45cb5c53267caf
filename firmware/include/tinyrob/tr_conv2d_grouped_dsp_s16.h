/* 2-D convolution in groups of channels on Cortex-M with DSP, int16 with int8 weights. */
#ifndef TINYROB_TR_CONV2D_GROUPED_DSP_S16_H
#define TINYROB_TR_CONV2D_GROUPED_DSP_S16_H

#include "tinyrob/tr_conv2d_dsp_s16.h"
#include "tinyrob/tr_groups.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_conv2d_grouped_dsp, values of two bytes: the channels of `groups` count bytes. */
typedef struct tr_conv2d_grouped_dsp16 {
    tr_groups groups;
    uint32_t words;
    tr_conv2d_dsp16 conv;
} tr_conv2d_grouped_dsp16;

/* in, out: images of all groups' channels; no overlap. scratch: the convolution's, then a group's
 * inputs, then its outputs; aligned to 4. */
void tr_conv2d_grouped_dsp_s16(const tr_conv2d_grouped_dsp16 *of, const int16_t *in, int16_t *out,
                               void *scratch);

#ifdef __cplusplus
}
#endif

#endif
