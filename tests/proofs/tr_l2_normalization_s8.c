/* 1 to 3 rows of 1 to 4 values, apart and in place. exhaustive.c takes the root of every number.
 *
 * eva: -eva-use-spec inverse_sqrt */
#include "tinyrob/tr_l2_normalization_s8.h"

#include "proof.h"

int main(void)
{
    for (uint32_t rows = 1; rows <= 3; rows++) {
        for (uint32_t columns = 1; columns <= 4; columns++) {
            const tr_l2_normalization norm = {rows, columns, ANY(int16_t, -127, 128), ANY_OUTPUT};
            const int32_t values = (int32_t)(rows * columns);
            int8_t *in = any_bytes(values), *out = fresh(values);
            tr_l2_normalization_s8(&norm, in, out, 0);
            all_written(out, values);
            tr_l2_normalization_s8(&norm, in, in, 0);
        }
    }
    return 0;
}
