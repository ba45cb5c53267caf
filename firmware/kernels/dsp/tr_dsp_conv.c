#include "tr_dsp_conv.h"

#include "tr_dsp_dot.h"

static void three(const tr_conv2d_dsp *conv, tr_dsp_walk *walk, int32_t pixels, int8_t *out,
                  int32_t *taps, tr_dsp_triple *to)
{
    /* The walk repeats the last pixel: it is written again to where it is. */
    to->out = out;
    to->apart[0] = pixels > 1 ? conv->out_c : 0;
    to->apart[1] = (pixels - 1) * conv->out_c;
    to->taps = taps;
    to->taps_end = taps + 6 * walk->steps;
    walk->taps = taps;
    tr_dsp_gather(walk);
}

void tr_dsp_conv(const tr_conv2d_dsp *conv, tr_dsp_walk *walk, int32_t pixels, int8_t *out)
{
    const int32_t pairs = (conv->out_c + 1) >> 1, size = 2 * walk->steps + TR_DSP_DOT_PARAMETERS;
    tr_dsp_triple ring[2];
    tr_dsp_pixels all = {ring, walk->steps, conv->out_c & 1, conv->stream + pairs * size, 2 * conv->zero_point + 1,
                         conv->stream};
    int32_t *const taps = walk->taps;
    three(conv, walk, pixels < 3 ? pixels : 3, out, taps, ring);
    ring[0].next = ring;
    ring[0].back = 0;
    if (pixels > 3) {
        three(conv, walk, pixels - 3, out + 3 * conv->out_c, taps - 6 * walk->steps, ring + 1);
        walk->taps = taps;
        ring[0].next = ring + 1;
        ring[0].back = 4 * size;
        ring[1].next = ring;
        ring[1].back = 0;
    }
    tr_dsp_dot(&all);
}
