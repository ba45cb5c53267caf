/* SVDF for Cortex-M with DSP: the features of four filters are four channels of a dense layer
 * (tr_dsp_dot4.h); then each filter's row of the state moves on and is weighted in one go
 * (tr_dsp_slide.h). 1.1 instructions a MAC over long rows of inputs, 2.8 over time, about 60 a filter. */
#include "tinyrob/tr_svdf_dsp_s8.h"

#include "tr_dsp_dot4.h"
#include "tr_dsp_filled_up.h"
#include "tr_dsp_slide.h"

/* A filter's row of the state moves on to its fresh value; its weighted sum, modulo 2^32. */
static uint32_t over_time(const tr_svdf *svdf, uint32_t filter, int32_t fresh, int8_t *state)
{
    const uint32_t at = filter * svdf->memory, kept = svdf->memory - 1u;
    uint32_t sum;
    if (svdf->wide_time) {
        int16_t *row = (int16_t *)(void *)state + at;
        sum = tr_dsp_slide16(row, svdf->wide_time + at, kept);
        row[kept] = (int16_t)fresh;
        return sum + (uint32_t)(svdf->wide_time[at + kept] * fresh);
    }
    sum = tr_dsp_slide8(state + at, svdf->time + at, kept);
    state[at + kept] = (int8_t)fresh;
    return sum + (uint32_t)(svdf->time[at + kept] * fresh);
}

void tr_svdf_dsp_s8(const tr_svdf_dsp *filters, const int8_t *in, int8_t *out, int8_t *state,
                    void *scratch)
{
    const tr_svdf *svdf = &filters->svdf;
    const int32_t steps = (int32_t)(svdf->in_c + 3u) / 4;
    const int32_t *stream = filters->stream;
    uint32_t filter = 0;
    int32_t sums[4];
    if (svdf->in_c % 4u != 0u) {
        tr_dsp_filled_up(scratch, in, svdf->in_c);
        in = scratch;
    }
    for (uint32_t unit = 0; unit < svdf->units; unit++) {
        uint32_t sum = (uint32_t)svdf->bias[unit];
        for (uint32_t n = svdf->rank; n > 0u; n--, filter++) {
            if (filter % 4u == 0u) {
                tr_dsp_dot4(stream, in, steps, sums);
                stream += 4 + 4 * steps;
            }
            sum += over_time(svdf, filter, tr_svdf_fresh(svdf, sums[filter % 4u]), state);
        }
        out[unit] = tr_requantize((int32_t)sum, svdf->multiplier, svdf->shift, &svdf->output);
    }
}
