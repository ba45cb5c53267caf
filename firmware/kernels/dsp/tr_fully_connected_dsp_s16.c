/* Dense layer of int16 for Cortex-M with DSP: four output channels at a time (tr_dsp_dot16.h). */
#include "tinyrob/tr_fully_connected_dsp_s16.h"

#include "tr_dsp_filled_up16.h"
#include "tr_dsp_outputs16.h"

void tr_fully_connected_dsp_s16(const tr_fully_connected_dsp16 *dense, const int16_t *in,
                                int16_t *out, void *scratch)
{
    const uint32_t in_c = dense->in_c, steps = (in_c + 3) / 4;
    for (uint32_t n = dense->batches; n > 0; n--, in += in_c, out += dense->out_c) {
        const int16_t *row = in;
        if (in_c % 4 != 0) {
            tr_dsp_filled_up16(scratch, in, in_c);
            row = scratch;
        }
        tr_dsp_outputs16(&dense->sums, dense->weights, row, (int32_t)steps, (int32_t)dense->out_c, out);
    }
}
