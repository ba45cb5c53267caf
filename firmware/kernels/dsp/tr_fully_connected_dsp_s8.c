/* Dense layer for Cortex-M with DSP: four output channels at a time, straight from the input
 * (tr_dsp_dot4.h). Rows that are no whole number of words are copied to scratch first, filled up
 * with zeros. 1.1 instructions a MAC for long rows, and about 40 an output. */
#include "tinyrob/tr_fully_connected_dsp_s8.h"

#include "tr_dsp_dot4.h"

static void filled_up(int8_t *to, const int8_t *from, int32_t n, int32_t filled)
{
    for (int32_t i = 0; i < filled; i++) {
        to[i] = (int8_t)(i < n ? from[i] : 0);
    }
}

static void one_row(const tr_fully_connected_dsp *dense, const int8_t *in, int32_t steps,
                    int8_t *out)
{
    const int32_t *stream = dense->stream;
    const int32_t channels = (int32_t)dense->out_c;
    for (int32_t o = 0; o < channels; o += 4, stream += 4 + 4 * steps) {
        int32_t sums[4];
        tr_dsp_dot4(stream, in, steps, sums);
        for (int32_t j = 0; j < 4 && o + j < channels; j++) {
            const int32_t factor = dense->per_channel ? o + j : 0;
            out[o + j] = tr_requantize(sums[j], dense->multiplier[factor], dense->shift[factor],
                                       &dense->output);
        }
    }
}

void tr_fully_connected_dsp_s8(const tr_fully_connected_dsp *dense, const int8_t *in, int8_t *out,
                               void *scratch)
{
    const int32_t taps = (int32_t)dense->in_c, steps = (taps + 3) / 4;
    for (uint32_t n = dense->batches; n > 0; n--, in += taps, out += dense->out_c) {
        const int8_t *row = in;
        if (taps % 4 != 0) {
            filled_up(scratch, in, taps, 4 * steps);
            row = scratch;
        }
        one_row(dense, row, steps, out);
    }
}
