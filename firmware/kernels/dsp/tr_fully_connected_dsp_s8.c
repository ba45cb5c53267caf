/* Dense layer for Cortex-M with DSP: four output channels at a time, and one or two at the end, straight
 * from the input (tr_dsp_dot4.h, tr_dsp_dot2.h, tr_dsp_dot1.h). Rows that are no whole number of words are copied to
 * scratch first, filled up with zeros. 1.1 instructions a MAC for long rows, and about 40 an output. */
#include "tinyrob/tr_fully_connected_dsp_s8.h"

#include "tr_dsp_dot1.h"
#include "tr_dsp_dot2.h"
#include "tr_dsp_dot4.h"
#include "tr_dsp_filled_up.h"

static void sums_of_part(const int32_t *stream, const int8_t *in, int32_t steps,
                         int32_t channels, int32_t sums[4])
{
    if (channels > 2) {
        tr_dsp_dot4(stream, in, steps, sums);
    } else if (channels == 2) {
        tr_dsp_dot2(stream, in, steps, sums);
    } else {
        sums[0] = tr_dsp_dot1(stream, in, steps);
    }
}

/* The sums of one to four channels, part by part; the stream behind them, that of three as of four
 * and of one as of two. */
static const int32_t *sums_of(const int32_t *stream, const int8_t *in, int32_t steps, int32_t part,
                              int32_t channels, int32_t sums[4])
{
    const int32_t words = channels > 2 ? 4 : 2;
    int32_t more[4];
    sums_of_part(stream, in, steps < part ? steps : part, channels, sums);
    for (;;) {
        const int32_t done = steps < part ? steps : part;
        stream += words + words * done;
        in += 4 * done;
        steps -= done;
        if (steps == 0) {
            return stream;
        }
        sums_of_part(stream, in, steps < part ? steps : part, channels, more);
        for (int32_t j = 0; j < channels; j++) {
            sums[j] += more[j];
        }
    }
}

static void one_row(const tr_fully_connected_dsp *dense, const int8_t *in, int32_t steps,
                    int8_t *out)
{
    const int32_t *stream = dense->stream;
    const int32_t channels = (int32_t)dense->out_c;
    for (int32_t o = 0; o < channels; o += 4) {
        int32_t sums[4];
        stream = sums_of(stream, in, steps, (int32_t)dense->part, channels - o < 4 ? channels - o : 4, sums);
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
            tr_dsp_filled_up(scratch, in, (uint32_t)taps);
            row = scratch;
        }
        one_row(dense, row, steps, out);
    }
}
