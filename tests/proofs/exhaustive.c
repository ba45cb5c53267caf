/* Fixed-point helpers on every argument, against what their comments say; built with UBSan, so that
 * an overflow or an undefined shift ends it. exhaustive NAME [ONE IN N]: one of each N arguments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../firmware/kernels/portable/tr_l2_normalization_s8.c"
#include "../../firmware/kernels/portable/tr_softmax_s8.c"
#include "tinyrob/tr_int16.h"
#include "tr_logarithm.h"

static int64_t step = 1;

static void check(int holds, const char *what, int64_t at)
{
    if (!holds) {
        printf("%s does not hold at %lld\n", what, (long long)at);
        exit(1);
    }
}

/* To nearest, halves away from 0, in 64 bits. */
static int64_t half_away(int64_t x, int32_t exponent)
{
    const int64_t half = ((int64_t)1 << exponent) >> 1;
    return x < 0 ? -((-x + half) >> exponent) : (x + half) >> exponent;
}

static void divide_by_pot(void)
{
    for (int32_t exponent = 0; exponent <= 31; exponent++) {
        for (int64_t x = INT32_MIN; x <= INT32_MAX; x += step) {
            const int32_t got = tr_divide_by_pot((int32_t)x, exponent);
            check(got == half_away(x, exponent), "x / 2^exponent", x);
        }
    }
}

/* Accumulators of frozen layers are 4n + 2 where they are rounded: the factor is 2^-3 or less. */
static void tie_free(void)
{
    for (int32_t right = 3; right <= 32; right++) {
        const int64_t half = ((int64_t)1 << right) >> 1;
        for (int64_t x = (int64_t)INT32_MIN + 2; x <= INT32_MAX; x += 4 * step) {
            const int64_t up = (x + half) >> right;
            check(tr_multiply((int32_t)x, 1 << 30, 1 - right) == up && half_away(x, right) == up,
                  "one rounding", x);
        }
    }
}

static void exponential(void)
{
    for (int64_t x = INT32_MIN; x <= 0; x += step) {
        const int32_t got = tr_exp_negative((int32_t)x);
        check(got >= 0 && (x != 0 || got == INT32_MAX), "exp(x) in [0, 1]", x);
    }
}

/* Every sum that a row can have, down to 1 (the kernel's are at least 2^19). */
static void reciprocals(void)
{
    for (int64_t sum = 1; sum <= INT32_MAX; sum += step) {
        const int32_t zeros = tr_leading_zeros((uint32_t)sum);
        const uint32_t normal = (uint32_t)sum << zeros;
        check(zeros >= 1 && zeros <= 31 && (sum < 1 << 19 || zeros <= 12), "leading zeros", sum);
        check(normal >= 0x80000000u, "normalized", sum);
        check(tr_reciprocal((int32_t)(normal - 0x80000000u)) > (1 << 30) - 8,
              "1 / (1 + x) > 1/2 - 2^-28", sum);
    }
}

/* Any argument: what is no fraction is what a division by 0 gives. */
static void any_reciprocals(void)
{
    for (int64_t x = INT32_MIN; x <= INT32_MAX; x += step) {
        (void)tr_reciprocal((int32_t)x);
    }
}

/* Every sum of squares. */
static void roots(void)
{
    for (int64_t x = 0; x <= INT32_MAX; x += step) {
        const root by = inverse_sqrt((int32_t)x);
        check(by.multiplier >= 0 && by.shift >= -15 && by.shift <= 0, "1 / sqrt(x) <= 1", x);
    }
}

/* Every sum that a row of LOG_SOFTMAX can have, of 1 to 4095 terms. */
static void logarithms(void)
{
    for (int64_t sum = 1 << 19; sum <= INT32_MAX; sum += step) {
        const int32_t log = tr_logarithm((int32_t)sum);
        check(log >= 0 && log <= 9 << 26, "log(x) in [0, 9]", sum);
    }
}

static void sigmoids(void)
{
    for (int64_t x = -INT32_MAX; x <= INT32_MAX; x += step) {
        const int32_t sigmoid = tr_sigmoid16((int32_t)x), tanh = tr_tanh16((int32_t)x);
        check(sigmoid >= 0 && sigmoid <= 32767, "a sigmoid in [0, 1)", x);
        check(tanh >= -32767 && tanh <= 32767, "a tanh in (-1, 1)", x);
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} helpers[] = {{"divide_by_pot", divide_by_pot},     {"tie_free", tie_free},
               {"exponential", exponential},         {"reciprocals", reciprocals},
               {"any_reciprocals", any_reciprocals}, {"roots", roots},
               {"logarithms", logarithms},           {"sigmoids", sigmoids}};

int main(int argc, char **argv)
{
    step = argc > 2 ? strtoll(argv[2], NULL, 10) : 1;
    for (size_t i = 0; argc > 1 && i < sizeof helpers / sizeof helpers[0]; i++) {
        if (strcmp(argv[1], helpers[i].name) == 0) {
            helpers[i].run();
            return 0;
        }
    }
    printf("which?");
    for (size_t i = 0; i < sizeof helpers / sizeof helpers[0]; i++) {
        printf(" %s", helpers[i].name);
    }
    printf("\n");
    return 2;
}
