/* 1 to 5 inputs, 1 to 9 outputs, 1 and 2 rows; and more inputs than a run of 32 bits takes. */
#include "tinyrob/tr_fully_connected_s16.h"

#include "sixteen.h"

static void rows(const tr_fully_connected16 *dense)
{
    const int32_t inputs = (int32_t)(dense->batches * dense->in_c);
    const int32_t outputs = (int32_t)(dense->batches * dense->out_c);
    int16_t *out = fresh16(outputs);
    tr_fully_connected_s16(dense, any_shorts(inputs), out, 0);
    all_written16(out, outputs);
}

static void run(uint32_t batches, uint32_t in_c, uint32_t out_c)
{
    const int32_t outputs = (int32_t)out_c;
    const int8_t *weights = any_bytes((int32_t)in_c * outputs);
    const tr_fully_connected16 wide = {batches, in_c, out_c, weights, WIDE_SUMS(outputs)};
    rows(&wide);
    if (in_c <= 5) {
        const tr_fully_connected16 narrow = {batches, in_c, out_c, weights, NARROW_SUMS(outputs)};
        rows(&narrow);
    }
}

int main(void)
{
    for (uint32_t batches = 1; batches <= 2; batches++) {
        for (uint32_t in_c = 1; in_c <= 5; in_c++) {
            for (uint32_t out_c = 1; out_c <= 9; out_c++) {
                run(batches, in_c, out_c);
            }
        }
    }
    run(1, 513, 5);
    return 0;
}
