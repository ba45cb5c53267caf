/* Dense layer of int16 for Cortex-M with MVE: four output channels at a time (tr_mve_outputs16.h). */
#include "tinyrob/tr_fully_connected_mve_s16.h"

#include "tr_mve_outputs16.h"

void tr_fully_connected_mve_s16(const tr_fully_connected_mve16 *dense, const int16_t *in,
                                int16_t *out, void *scratch)
{
    (void)scratch;
    for (uint32_t n = dense->batches; n > 0u; n--, in += dense->in_c, out += dense->out_c) {
        tr_mve_outputs16(&dense->sums, dense->stream, in, dense->in_c, dense->out_c, out);
    }
}
