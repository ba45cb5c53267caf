/* Convolution for Cortex-M with DSP whose windows are three words, as tr_conv2d_short_dsp_s8: about
 * 17 instructions an output. */
#include "tinyrob/tr_conv2d_short12_dsp_s8.h"

#define TR_DSP_SHORT_LANES 6
#define TR_DSP_SHORT_BLOCK 16
#define TR_DSP_SHORT_RUN tr_dsp_short12
#include "tr_dsp_short_conv.h"

void tr_conv2d_short12_dsp_s8(const tr_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                             void *scratch)
{
    convolve(conv, in, out, scratch);
}
