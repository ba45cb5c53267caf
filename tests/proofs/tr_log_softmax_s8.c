/* Each left shift with the lowest difference that it allows; the greatest value of a row at each
 * place of 1 to 3 columns, apart and in place. The logarithm is taken at its word; exhaustive.c runs
 * it on every sum there is. That a sum of up to 4095 terms is an int32 is shown for SOFTMAX.
 *
 * eva: -eva-ilevel 300 -eva-use-spec tr_logarithm */
#include "proof.h"

/*@ requires 524288 <= x;
    assigns \result \from x;
    ensures 0 <= \result <= 603979776; */
int32_t tr_logarithm(int32_t x);

#define TR_LOGARITHM_H
#include "../../firmware/kernels/portable/tr_log_softmax_s8.c"

static void run(int8_t left_shift, int32_t columns, int32_t place)
{
    const int32_t lowest = left_shift < 24 ? -255 : -(int32_t)(0x80000000u >> left_shift);
    const tr_log_softmax softmax = {1,
                                    (uint32_t)columns,
                                    ANY(int32_t, 0, INT32_MAX),
                                    left_shift,
                                    ANY(int32_t, lowest, 0),
                                    ANY(int32_t, 0, INT32_MAX),
                                    ANY(int32_t, -31, 0)};
    int8_t *in = malloc((size_t)columns), *out = fresh(columns);
    for (int32_t i = 0; i < columns; i++) {
        in[i] = ANY(int8_t, i == place ? 127 : -128, 127);
    }
    tr_log_softmax_s8(&softmax, in, out, 0);
    all_written(out, columns);
    tr_log_softmax_s8(&softmax, in, in, 0);
}

int main(void)
{
    for (int8_t left_shift = 0; left_shift <= 31; left_shift++) {
        for (int32_t columns = 1; columns <= 3; columns++) {
            for (int32_t place = 0; place < columns; place++) {
                run(left_shift, columns, place);
            }
        }
    }
    return 0;
}
