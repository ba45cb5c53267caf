/* Not bounded: every argument that the header allows, exponent by exponent. */
#include "tinyrob/tr_qmath.h"

#include "proof.h"

int main(void)
{
    const tr_output to = ANY_OUTPUT;
    tr_doubling_high_mul(ANY_WORD, ANY(int32_t, -INT32_MAX, INT32_MAX));
    for (int32_t exponent = 0; exponent <= 31; exponent++) {
        tr_divide_by_pot(ANY_WORD, exponent);
        tr_shift_left(ANY_WORD, exponent);
    }
    for (int32_t shift = -31; shift <= 30; shift++) {
        tr_clamp(tr_multiply(ANY_WORD, ANY(int32_t, 0, INT32_MAX), shift), &to);
        tr_requantize(ANY_WORD, ANY(int32_t, 0, INT32_MAX), shift, &to);
    }
    return 0;
}
