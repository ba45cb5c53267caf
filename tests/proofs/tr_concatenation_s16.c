/* 1 to 3 inputs of 1 to 3 values a row, 1 to 3 rows. */
#include "tinyrob/tr_concatenation_s16.h"

#include "sixteen.h"

static void run(uint32_t rows, uint32_t count, const uint32_t lengths[3])
{
    const tr_concatenation16 layer = {rows, count, lengths, ANY_OUTPUT16};
    const int16_t *inputs[3];
    int32_t outputs = 0;
    for (uint32_t i = 0; i < count; i++) {
        inputs[i] = any_shorts((int32_t)(rows * lengths[i]));
        outputs += (int32_t)(rows * lengths[i]);
    }
    int16_t *out = fresh16(outputs);
    tr_concatenation_s16(&layer, inputs, out, 0);
    all_written16(out, outputs);
}

int main(void)
{
    for (uint32_t rows = 1; rows <= 3; rows++) {
        for (uint32_t count = 1; count <= 3; count++) {
            for (uint32_t code = 0; code < 27; code++) {
                const uint32_t lengths[3] = {1 + code % 3, 1 + code / 3 % 3, 1 + code / 9};
                run(rows, count, lengths);
            }
        }
    }
    return 0;
}
