/* Shifts at both ends and in between; 1 and 2 columns, apart and in place; tables whose neighbours
 * differ by up to 4,000. How many zeros lead a sum is taken at its word.
 *
 * eva: -eva-use-spec tr_leading_zeros */
#include "sixteen.h"

/*@ requires 8192 <= x < 2147483648;
    assigns \result \from x;
    ensures 1 <= \result <= 18; */
static inline int32_t tr_leading_zeros(uint32_t x);

#include "../../firmware/kernels/portable/tr_softmax_s16.c"

static int16_t *table(void)
{
    int16_t *made = malloc(sizeof(int16_t) * 513u);
    for (int32_t i = 0; i < 513; i++) {
        made[i] = ANY(int16_t, 20000, 24000);
    }
    return made;
}

static void run(int8_t shift, int32_t columns, const int16_t *exponentials,
                const int16_t *reciprocals)
{
    const tr_softmax16 softmax = {1,     (uint32_t)columns, ANY(int32_t, 0, INT32_MAX),
                                  shift, exponentials,      reciprocals};
    int16_t *in = any_shorts(columns), *out = fresh16(columns);
    tr_softmax_s16(&softmax, in, out, 0);
    all_written16(out, columns);
    tr_softmax_s16(&softmax, in, in, 0);
}

int main(void)
{
    static const int8_t shifts[5] = {-31, -8, 0, 7, 14};
    const int16_t *exponentials = table(), *reciprocals = table();
    for (int32_t i = 0; i < 5; i++) {
        run(shifts[i], 1, exponentials, reciprocals);
        run(shifts[i], 2, exponentials, reciprocals);
    }
    return 0;
}
