/* Convolution for Cortex-M with DSP of one or two taps, as tr_conv2d_short_dsp_s8: about 6
 * instructions an output. */
#include "tinyrob/tr_conv2d_short2_dsp_s8.h"

#define TR_DSP_SHORT_LANES 1
#define TR_DSP_SHORT_BLOCK 48
#define TR_DSP_SHORT_RUN tr_dsp_short2
#include "tr_dsp_short_conv.h"

void tr_conv2d_short2_dsp_s8(const tr_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                            void *scratch)
{
    convolve(conv, in, out, scratch);
}
