/* Dense layer for Cortex-M with MVE: four output channels at a time.
 *
 * Cost: 10 instructions for the 64 MACs of 16 inputs and four channels (0.16 a MAC), and about 35
 * for the four outputs. */
#include "tinyrob/tr_fully_connected_mve_s8.h"

#include "tr_mve_four_sums.h"

void tr_fully_connected_mve_s8(const tr_fully_connected_mve *dense, const int8_t *in, int8_t *out,
                               void *scratch)
{
    const uint32_t words = tr_mve_four_words(dense->in_c);
    const tr_v4 lo = tr_v4_all(dense->lo), hi = tr_v4_all(dense->hi);
    (void)scratch;
    for (uint32_t n = 0; n < dense->batches; n++, in += dense->in_c) {
        const int32_t *stream = dense->stream;
        for (int32_t left = (int32_t)dense->out_c; left > 0; left -= 4) {
            const int32_t *factors = stream + words;
            const tr_v4 shift = tr_v4_load(factors + 4);
            tr_v4 y = tr_mve_four_sums(in, stream, dense->in_c);
            y = tr_v4_high_mul(y, tr_v4_load(factors));
            if (!dense->rectified) {
                /* Halves of negative values go away from zero, where anything is shifted out. */
                y = tr_v4_add(y, tr_v4_sign(tr_v4_and(y, shift)));
            }
            y = tr_v4_clamp(tr_v4_rounding_shift(y, shift), dense->zero_point, lo, hi);
            tr_v4_store8(out, y, tr_v4_first(left));
            out += left < 4 ? left : 4;
            stream = factors + 8;
        }
    }
}
