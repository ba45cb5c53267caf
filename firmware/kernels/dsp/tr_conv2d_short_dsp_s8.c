/* Convolution for Cortex-M with DSP of three or four taps: some pixels at a time, of which each
 * channel takes all (tr_dsp_short.h). What an output costs beside its taps is what counts here:
 * about 7 instructions in all. */
#include "tinyrob/tr_conv2d_short_dsp_s8.h"

#define TR_DSP_SHORT_LANES 2
#define TR_DSP_SHORT_BLOCK 24
#define TR_DSP_SHORT_RUN tr_dsp_short
#include "tr_dsp_short_conv.h"

void tr_conv2d_short_dsp_s8(const tr_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                            void *scratch)
{
    convolve(conv, in, out, scratch);
}
