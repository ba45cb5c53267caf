/* Radix 2, decimation in time; every stage halves. Products are exact, their sum is rounded down
 * once: two multiply-accumulates of 64 bits where a core has them. */
#include "tr_fft.h"

static int32_t high_word(int64_t x)
{
    return (int32_t)(x >> 32);
}

/* The stages whose factors are 1 and -i, on four values. */
static void first_stages(int32_t *z)
{
    const int32_t ar = z[0] >> 1, ai = z[1] >> 1, br = z[2] >> 1, bi = z[3] >> 1;
    const int32_t cr = z[4] >> 1, ci = z[5] >> 1, dr = z[6] >> 1, di = z[7] >> 1;
    const int32_t er = (ar + br) >> 1, ei = (ai + bi) >> 1;
    const int32_t fr = (ar - br) >> 1, fi = (ai - bi) >> 1;
    const int32_t gr = (cr + dr) >> 1, gi = (ci + di) >> 1;
    const int32_t hr = (cr - dr) >> 1, hi = (ci - di) >> 1;
    z[0] = er + gr;
    z[1] = ei + gi;
    z[2] = fr + hi;
    z[3] = fi - hr;
    z[4] = er - gr;
    z[5] = ei - gi;
    z[6] = fr - hi;
    z[7] = fi + hr;
}

/* a / 2 + w b / 2 and a / 2 - w b / 2. */
static inline void butterfly(int32_t *a, int32_t *b, const int32_t *w)
{
    const int32_t wr = w[0], wi = w[1], br = b[0], bi = b[1];
    const int32_t hr = high_word((int64_t)wr * br - (int64_t)wi * bi);
    const int32_t hi = high_word((int64_t)wr * bi + (int64_t)wi * br);
    const int32_t ar = a[0] >> 1, ai = a[1] >> 1;
    a[0] = ar + hr;
    a[1] = ai + hi;
    b[0] = ar - hr;
    b[1] = ai - hi;
}

void tr_fft(int32_t *z, uint32_t points, const int32_t *twiddles)
{
    int32_t *const end = z + 2U * points;
    for (int32_t *group = z; group < end; group += 8) {
        first_stages(group);
    }
    for (uint32_t half = 4; half < points; half *= 2U) {
        const uint32_t step = 2U * (points / half);
        for (int32_t *group = z; group < end; group += 4U * half) {
            const int32_t *w = twiddles;
            int32_t *const middle = group + 2U * half;
            for (int32_t *a = group; a < middle; a += 2, w += step) {
                butterfly(a, a + 2U * half, w);
            }
        }
    }
}

/* The real transform's value from the pairs' at k and at points - k, and its power into a. */
static void power(int32_t *to, int32_t ar, int32_t ai, int32_t br, int32_t bi, const int32_t *w)
{
    const int32_t odd_r = ar - br, odd_i = ai + bi;
    const int32_t r = ((ar + br) >> 1) + high_word((int64_t)w[1] * odd_r + (int64_t)w[0] * odd_i);
    const int32_t i = ((ai - bi) >> 1) + high_word((int64_t)w[1] * odd_i - (int64_t)w[0] * odd_r);
    const int64_t made = ((int64_t)r * r + (int64_t)i * i) >> 10;
    to[0] = (int32_t)(uint32_t)made;
    to[1] = high_word(made);
}

void tr_fft_powers(int32_t *z, uint32_t points, uint32_t bins, const int32_t *twiddles)
{
    for (uint32_t k = 1; k < bins && k <= points / 2U; k++) {
        int32_t *const a = z + 2U * k, *const b = z + 2U * (points - k);
        const int32_t ar = a[0] >> 1, ai = a[1] >> 1, br = b[0] >> 1, bi = b[1] >> 1;
        power(a, ar, ai, br, bi, twiddles + 2U * k);
        if (a != b && points - k < bins) {
            power(b, br, bi, ar, ai, twiddles + 2U * (points - k));
        }
    }
}
