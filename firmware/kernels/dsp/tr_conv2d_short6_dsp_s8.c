/* Convolution for Cortex-M with DSP of five or six taps in a row, as tr_conv2d_short_dsp_s8: about
 * 9 instructions an output. */
#include "tinyrob/tr_conv2d_short6_dsp_s8.h"

#define TR_DSP_SHORT_LANES 3
#define TR_DSP_SHORT_BLOCK 16
#define TR_DSP_SHORT_RUN tr_dsp_short6
#include "tr_dsp_short_conv.h"

void tr_conv2d_short6_dsp_s8(const tr_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                             void *scratch)
{
    convolve(conv, in, out, scratch);
}
