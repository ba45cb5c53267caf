#include "tr_dsp_conv_4bit.h"

#define TR_DOT_PACKED tr_dsp_dot_4bit
#define TR_ROUND_WORDS 2
#define TR_OFFSET 8
#include "tr_dsp_packed_conv.h"

void tr_dsp_conv_4bit(const tr_conv2d_dsp *conv, tr_dsp_walk *walk, int32_t pixels,
                      int8_t *out)
{
    packed_conv(conv, walk, pixels, out);
}
