/* Portable L2 normalization: 1 / sqrt of a row's sum of squares by Newton and Raphson. */
#include "tinyrob/tr_l2_normalization_s8.h"

#include "tr_fixedpoint.h"

typedef struct root {
    int32_t multiplier, shift;
} root;

static int32_t rounded_half(int32_t x)
{
    return x >= 0 ? (x + 1) >> 1 : -((1 - x) >> 1);
}

/* 1 / sqrt(x) for x >= 0, as a multiplier and a shift; 0 counts as 1. */
/*@ assigns \result \from x;
    ensures 0 <= \result.multiplier;
    ensures -15 <= \result.shift <= 0; */
static root inverse_sqrt(int32_t x)
{
    const int32_t three_halves = (1 << 28) + (1 << 27); /* Q3.28 */
    const int32_t half_sqrt_2 = 1518500250;             /* Q0.31 */
    int32_t shift = 11;
    if (x <= 1) {
        return (root){INT32_MAX, 0};
    }
    for (; x >= 1 << 29; x /= 4) {
        shift++;
    }
    const int32_t pairs = (tr_leading_zeros((uint32_t)x) - 1) / 2 - 1;
    shift -= pairs;
    /* Below 2**29 there is a pair. NOLINTNEXTLINE(clang-analyzer-core.BitwiseShift) */
    const int32_t half = rounded_half((x << (2 * pairs)) >> 1);
    int32_t estimate = 1 << 28; /* Q3.28 */
    for (int32_t step = 0; step < 5; step++) {
        const int32_t square = tr_doubling_high_mul(estimate, estimate);
        const int32_t cube = tr_saturate((int64_t)tr_doubling_high_mul(square, estimate) * 64);
        const int64_t next = (int64_t)tr_doubling_high_mul(three_halves, estimate) -
                             tr_doubling_high_mul(half, cube);
        estimate = tr_saturate(next * 8);
    }
    estimate = tr_doubling_high_mul(estimate, half_sqrt_2);
    return shift < 0 ? (root){estimate << -shift, 0} : (root){estimate, -shift};
}

void tr_l2_normalization_s8(const tr_l2_normalization *norm, const int8_t *in, int8_t *out,
                            void *scratch)
{
    const int32_t output_bits = 7;
    (void)scratch;
    for (uint32_t row = 0; row < norm->rows; row++) {
        int32_t squares = 0;
        for (uint32_t i = 0; i < norm->columns; i++) {
            const int32_t x = in[i] + norm->offset;
            squares += x * x;
        }
        const root by = inverse_sqrt(squares);
        for (uint32_t i = 0; i < norm->columns; i++) {
            out[i] = tr_requantize(in[i] + norm->offset, by.multiplier, by.shift + output_bits,
                                   &norm->output);
        }
        in += norm->columns;
        out += norm->columns;
    }
}
