/* 1 to 3 rows and columns, depths of 1 and 3, either operand turned, a repeated one along a batch. */
#include "tinyrob/tr_batch_matmul_s16.h"

#include "sixteen.h"

static void run(uint32_t rows, uint32_t depth, uint32_t columns, uint32_t turned)
{
    const uint32_t a = rows * depth, b = depth * columns;
    const tr_batch_matmul16 matmul = {
        .batches = {2, 1, 2},
        .a_strides = {2 * a, 0, a},
        .b_strides = {0, 0, b},
        .rows = rows,
        .depth = depth,
        .columns = columns,
        .a_steps = {turned & 1u ? 1 : depth, turned & 1u ? rows : 1},
        .b_steps = {turned & 2u ? 1 : columns, turned & 2u ? depth : 1},
        .multiplier = ANY(int32_t, 0, 32768),
        .shift = ANY(int8_t, 8, 46),
        .output = ANY_OUTPUT16,
    };
    const int32_t outputs = (int32_t)(4 * rows * columns);
    int16_t *out = fresh16(outputs);
    tr_batch_matmul_s16(&matmul, any_shorts((int32_t)(4 * a)), any_shorts((int32_t)(2 * b)), out,
                        0);
    all_written16(out, outputs);
}

int main(void)
{
    for (uint32_t rows = 1; rows <= 3; rows++) {
        for (uint32_t columns = 1; columns <= 3; columns++) {
            for (uint32_t turned = 0; turned < 4; turned++) {
                run(rows, 1, columns, turned);
                run(rows, 3, columns, turned);
            }
        }
    }
    return 0;
}
