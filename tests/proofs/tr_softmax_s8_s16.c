/* Each left shift with the lowest difference that it allows; the greatest value of a row at each
 * place of 1 to 3 columns. A term of the sum is in [0, 2^19], so that 4095 of
 * them are an int32, and the greatest value's is 2^19.
 *
 * The two functions below are taken at their word; exhaustive.c runs both on every sum there is.
 *
 * eva: -eva-ilevel 300 -eva-use-spec tr_leading_zeros,tr_reciprocal */
#include "sixteen.h"

/*@ requires 524288 <= x < 2147483648;
    assigns \result \from x;
    ensures 0 <= \result <= 12; */
static inline int32_t tr_leading_zeros(uint32_t x);

/*@ assigns \result \from x;
    ensures 0 <= \result; */
static inline int32_t tr_reciprocal(int32_t x);

#include "../../firmware/kernels/portable/tr_softmax_s8_s16.c"

static void run(int8_t left_shift, int32_t greatest, int32_t columns, int32_t place)
{
    const int32_t lowest = left_shift < 24 ? -255 : -(int32_t)(0x80000000u >> left_shift);
    const tr_softmax softmax = {1, (uint32_t)columns, ANY(int32_t, 0, INT32_MAX),
                                ANY(int32_t, lowest, 0), left_shift};
    const int32_t term = tr_divide_by_pot(exp_distance(&softmax, ANY(int32_t, lowest, 0)), 12);
    /*@ assert 0 <= term <= 524288; */
    int8_t *in = malloc((size_t)columns);
    int16_t *out = fresh16(columns);
    for (int32_t i = 0; i < columns; i++) {
        in[i] = ANY(int8_t, i == place ? greatest : -128, greatest);
    }
    tr_softmax_s8_s16(&softmax, in, out, 0);
    all_written16(out, columns);
}

static void rows(int8_t left_shift, int32_t greatest)
{
    for (int32_t columns = 1; columns <= 3; columns++) {
        for (int32_t place = 0; place < columns; place++) {
            run(left_shift, greatest, columns, place);
        }
    }
}

int main(void)
{
    for (int8_t left_shift = 0; left_shift <= 31; left_shift++) {
        rows(left_shift, 127);
    }
    rows(0, -128);
    rows(31, -128);
    rows(12, 0);
    return 0;
}
