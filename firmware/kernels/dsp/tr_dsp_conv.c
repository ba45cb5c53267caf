#include "tr_dsp_conv.h"

#include "tr_dsp_dot.h"

void tr_dsp_conv(const tr_conv2d_dsp *conv, tr_dsp_walk *walk, int32_t pixels, int8_t *out)
{
    const int32_t pairs = (conv->out_c + 1) / 2;
    tr_dsp_pixels three;
    tr_dsp_gather(walk);
    /* The walk repeats the last pixel: it is written again to where it is. */
    three.out[0] = out;
    three.out[1] = pixels > 1 ? out + conv->out_c : out;
    three.out[2] = pixels > 2 ? three.out[1] + conv->out_c : three.out[1];
    three.taps = walk->taps;
    three.taps_end = walk->taps + 6 * walk->steps;
    three.steps = walk->steps;
    three.rectified = conv->rectified;
    three.single = conv->out_c % 2;
    three.stream = conv->stream;
    three.stream_end = conv->stream + pairs * (2 * walk->steps + TR_DSP_DOT_PARAMETERS);
    tr_dsp_dot(&three);
}
