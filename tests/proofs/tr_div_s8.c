/* Numerators and denominators from one power of two to the next, of each sign, and 0: all there are.
 * exhaustive.c runs the reciprocal of every number.
 *
 * eva: -eva-use-spec tr_reciprocal */
#include "proof.h"

/*@ assigns \result \from x; */
static inline int32_t tr_reciprocal(int32_t x);

#include "../../firmware/kernels/portable/tr_div_s8.c"

/* A value that, with the offset, is in [low, high]; at most 255 from 0, on one side of it. */
typedef struct operand {
    int8_t *value;
    int16_t offset;
} operand;

static operand between(int32_t low, int32_t high)
{
    const operand made = {malloc(1), (int16_t)(high > 0 ? 128 : -127)};
    const int32_t least = low - made.offset, most = high - made.offset;
    made.value[0] = ANY(int8_t, least < -128 ? -128 : least, most > 127 ? 127 : most);
    return made;
}

static operand number(int32_t class)
{
    const int32_t power = 1 << (class / 2);
    if (class == 16) {
        return between(0, 0);
    }
    return class % 2 ? between(-2 * power + 1, -power) : between(power, 2 * power - 1);
}

int main(void)
{
    for (int32_t above = 0; above <= 16; above++) {
        for (int32_t below = 0; below <= 16; below++) {
            const operand a = number(above), b = number(below);
            const tr_div div = {{{1, 1, 1, 1}, 0, 0},       a.offset,           b.offset,
                                ANY(int32_t, 0, INT32_MAX), ANY(int8_t, 7, 22), ANY_OUTPUT};
            int8_t *out = fresh(1);
            tr_div_s8(&div, a.value, b.value, out, 0);
            all_written(out, 1);
        }
    }
    return 0;
}
