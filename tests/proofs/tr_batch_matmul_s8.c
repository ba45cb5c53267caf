/* 1 to 3 rows and columns, depths of 1 and 3, either operand turned, a repeated one along a batch. */
#include "tinyrob/tr_batch_matmul_s8.h"

#include "proof.h"

static void run(uint32_t rows, uint32_t depth, uint32_t columns, uint32_t turned)
{
    const uint32_t a = rows * depth, b = depth * columns;
    const tr_batch_matmul matmul = {
        .batches = {2, 1, 2},
        .a_strides = {2 * a, 0, a},
        .b_strides = {0, 0, b},
        .rows = rows,
        .depth = depth,
        .columns = columns,
        .a_steps = {turned & 1u ? 1 : depth, turned & 1u ? rows : 1},
        .b_steps = {turned & 2u ? 1 : columns, turned & 2u ? depth : 1},
        .a_offset = ANY(int16_t, -127, 128),
        .b_offset = ANY(int16_t, -127, 128),
        .multiplier = ANY(int32_t, 0, INT32_MAX),
        .shift = ANY(int8_t, -31, 30),
        .output = ANY_OUTPUT,
    };
    const int32_t outputs = (int32_t)(4 * rows * columns);
    int8_t *out = fresh(outputs);
    tr_batch_matmul_s8(&matmul, any_bytes((int32_t)(4 * a)), any_bytes((int32_t)(2 * b)), out, 0);
    all_written(out, outputs);
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
