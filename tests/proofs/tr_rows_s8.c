/* 1 to 3 indices, whatever they are, into tables of 1 to 4 rows of 1 to 3. */
#include "tinyrob/tr_rows_s8.h"

#include "proof.h"

int main(void)
{
    for (uint32_t count = 1; count <= 3; count++) {
        for (uint32_t rows = 1; rows <= 4; rows++) {
            for (uint32_t width = 1; width <= 3; width++) {
                const tr_rows layer = {count, rows, width, any_bytes((int32_t)(rows * width))};
                int8_t *out = fresh((int32_t)(count * width));
                tr_rows_s8(&layer, any_words((int32_t)count, INT32_MIN, INT32_MAX), out, 0);
                all_written(out, (int32_t)(count * width));
            }
        }
    }
    return 0;
}
