/* All channels of the next three pixels, as tr_dsp_conv.c does it, from packed weights. Included by
 * tr_dsp_conv_2bit.c and tr_dsp_conv_4bit.c, each with its own TR_DOT_PACKED, TR_ROUND_WORDS and
 * TR_OFFSET. */
#include "tr_dsp_clamp.h"
#include "tr_dsp_conv.h"
#include "tr_dsp_packed.h"

static void set_start(tr_dsp_packed *three)
{
    int32_t sums[3];
    tr_dsp_packed_sums(three->taps, three->taps_end, sums);
    for (int32_t j = 0; j < 3; j++) {
        three->start[0][j] = -17 * TR_OFFSET * sums[j];
        three->start[1][j] = -TR_OFFSET * sums[j];
    }
}

static void packed_conv(const tr_conv2d_dsp *conv, tr_dsp_walk *walk, int32_t pixels, int8_t *out)
{
    const int32_t pairs = conv->out_c / 2, rounds = (walk->steps + 1) / 2;
    const int32_t size = TR_ROUND_WORDS * rounds + TR_DSP_PACKED_PARAMETERS;
    tr_dsp_packed three;
    tr_dsp_gather(walk);
    for (int32_t j = 0; j < 3; j++) {
        /* The walk repeats the last pixel: it is written again to where it is. */
        three.out[j] = out + (j < pixels ? j : pixels - 1) * conv->out_c;
    }
    three.taps = walk->taps;
    three.taps_end = walk->taps + 12 * rounds;
    three.rounds = rounds;
    three.rectified = conv->rectified;
    three.stream = conv->stream;
    three.stream_end = conv->stream + pairs * size;
    set_start(&three);
    if (pairs > 0) {
        TR_DOT_PACKED(&three);
    }
    if (conv->out_c % 2 != 0) {
        int8_t last[3][2];
        for (int32_t j = 0; j < 3; j++) {
            three.out[j] = last[j];
        }
        three.stream = three.stream_end;
        three.stream_end += size;
        TR_DOT_PACKED(&three);
        for (int32_t j = 0; j < pixels; j++) {
            out[j * conv->out_c + conv->out_c - 1] = last[j][0];
        }
    }
    tr_dsp_clamp(out, pixels * conv->out_c, conv->lo, conv->hi);
}
