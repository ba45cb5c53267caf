/* Dense layer for Cortex-M with MVE: four output channels at a time.
 *
 * Cost: 10 instructions for the 64 MACs of 16 inputs and four channels (0.16 a MAC), and about 35
 * for the four outputs. */
#include "tinyrob/tr_fully_connected_mve_s8.h"

#include "tr_mve.h"

/* Four sums over n >= 1 inputs; weights as the header tells. */
static tr_v4 four_sums(const int8_t *in, const int32_t *stream, uint32_t n)
{
    int32_t a = stream[0], b = stream[1], c = stream[2], d = stream[3];
    const int8_t *weights = (const int8_t *)(stream + 4);
#ifdef TR_MVE_INSTRUCTIONS
    __asm__ volatile("dlstp.8 lr, %[n]\n"
                     "1:\n\t"
                     "vldrb.8 q0, [%[in]], #16\n\t"
                     "vldrb.8 q1, [%[w]], #16\n\t"
                     "vmladava.s8 %[a], q0, q1\n\t"
                     "vldrb.8 q2, [%[w]], #16\n\t"
                     "vmladava.s8 %[b], q0, q2\n\t"
                     "vldrb.8 q1, [%[w]], #16\n\t"
                     "vmladava.s8 %[c], q0, q1\n\t"
                     "vldrb.8 q2, [%[w]], #16\n\t"
                     "vmladava.s8 %[d], q0, q2\n\t"
                     "letp lr, 1b"
                     : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [in] "+r"(in),
                       [w] "+r"(weights)
                     : [n] "r"(n)
                     : "q0", "q1", "q2", "lr", "memory");
#else
    for (uint32_t k = 0; k < n; k++) {
        const int8_t *w = weights + k / 16u * 64u + k % 16u;
        a += in[k] * w[0];
        b += in[k] * w[16];
        c += in[k] * w[32];
        d += in[k] * w[48];
    }
#endif
    return tr_v4_four(a, b, c, d);
}

void tr_fully_connected_mve_s8(const tr_fully_connected_mve *dense, const int8_t *in, int8_t *out,
                               void *scratch)
{
    const uint32_t words = (dense->in_c + 15u) / 16u * 16u; /* of a group's weights */
    const tr_v4 lo = tr_v4_all(dense->lo), hi = tr_v4_all(dense->hi);
    (void)scratch;
    for (uint32_t n = 0; n < dense->batches; n++, in += dense->in_c) {
        const int32_t *stream = dense->stream;
        for (int32_t left = (int32_t)dense->out_c; left > 0; left -= 4) {
            const int32_t *factors = stream + 4u + words;
            const tr_v4 shift = tr_v4_load(factors + 4);
            tr_v4 y = four_sums(in, stream, dense->in_c);
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
