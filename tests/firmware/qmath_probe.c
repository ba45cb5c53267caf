/* tr_qmath.h and the softmax kernel's fixed point, as functions over arrays. */
#include "tr_softmax_s8.c"

void probe_high_mul(int32_t n, const int32_t *a, const int32_t *b, int32_t *out);
void probe_divide_by_pot(int32_t n, const int32_t *x, const int32_t *exponent, int32_t *out);
void probe_multiply(int32_t n, const int32_t *x, const int32_t *multiplier, const int32_t *shift,
                    int32_t *out);
void probe_exp(int32_t n, const int32_t *x, int32_t *out);
void probe_reciprocal(int32_t n, const int32_t *x, int32_t *out);

void probe_high_mul(int32_t n, const int32_t *a, const int32_t *b, int32_t *out)
{
    for (int32_t i = 0; i < n; i++) {
        out[i] = tr_doubling_high_mul(a[i], b[i]);
    }
}

void probe_divide_by_pot(int32_t n, const int32_t *x, const int32_t *exponent, int32_t *out)
{
    for (int32_t i = 0; i < n; i++) {
        out[i] = tr_divide_by_pot(x[i], exponent[i]);
    }
}

void probe_multiply(int32_t n, const int32_t *x, const int32_t *multiplier, const int32_t *shift,
                    int32_t *out)
{
    for (int32_t i = 0; i < n; i++) {
        out[i] = tr_multiply(x[i], multiplier[i], shift[i]);
    }
}

void probe_exp(int32_t n, const int32_t *x, int32_t *out)
{
    for (int32_t i = 0; i < n; i++) {
        out[i] = tr_exp_negative(x[i]);
    }
}

void probe_reciprocal(int32_t n, const int32_t *x, int32_t *out)
{
    for (int32_t i = 0; i < n; i++) {
        const int32_t zeros = tr_leading_zeros((uint32_t)x[i]);
        out[i] = tr_reciprocal((int32_t)(((uint32_t)x[i] << zeros) - 0x80000000u));
    }
}
