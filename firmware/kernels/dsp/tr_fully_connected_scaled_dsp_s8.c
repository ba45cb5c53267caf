/* Dense layer for Cortex-M with DSP: four output channels at a time, straight from the input, and
 * from their sums to int8 in one go (tr_dsp_dense.h). 1.03 instructions a MAC, 13 an output. */
#include "tinyrob/tr_fully_connected_scaled_dsp_s8.h"

#include "tr_dsp_clamp.h"
#include "tr_dsp_dense.h"
#include "tr_dsp_filled_up.h"

void tr_fully_connected_scaled_dsp_s8(const tr_fully_connected_scaled_dsp *dense, const int8_t *in,
                                      int8_t *out, void *scratch)
{
    const uint32_t taps = dense->in_c, steps = (taps + 3) / 4, fours = dense->out_c / 4;
    const uint32_t left = dense->out_c % 4, four = 4 + 4 * steps;
    tr_dsp_dense_row row;
    row.advance = (int32_t)dense->advance;
    row.steps = (int32_t)steps;
    row.rectified = dense->rectified;
    for (uint32_t n = dense->batches; n > 0; n--, in += taps, out += dense->out_c) {
        row.in = in;
        if (taps % 4 != 0) {
            tr_dsp_filled_up(scratch, in, taps);
            row.in = scratch;
        }
        row.stream = dense->stream;
        row.factors = dense->factors;
        row.fours = (int32_t)fours;
        row.out = out;
        if (fours > 0) {
            tr_dsp_dense(&row);
        }
        if (left > 0) {
            int8_t last[4];
            row.stream = dense->stream + fours * four;
            row.factors = dense->factors + fours * dense->advance;
            row.fours = 1;
            row.out = last;
            tr_dsp_dense(&row);
            for (uint32_t j = 0; j < left; j++) {
                out[4 * fours + j] = last[j];
            }
        }
        tr_dsp_clamp(out, (int32_t)dense->out_c, dense->lo, dense->hi);
    }
}
