/* 1 to 5 inputs, 1 to 9 outputs, 1 and 2 rows, one factor or one a channel. */
#include "tinyrob/tr_fully_connected_s8.h"

#include "proof.h"

#define BIAS (INT32_MAX - 255 * 128 * 5)

static void run(uint32_t batches, uint32_t in_c, uint32_t out_c, uint8_t per_channel)
{
    const int32_t inputs = (int32_t)in_c, outputs = (int32_t)out_c;
    const int32_t factors = per_channel ? outputs : 1;
    const tr_fully_connected dense = {
        batches,
        in_c,
        out_c,
        any_bytes(inputs * outputs),
        any_words(outputs, -BIAS, BIAS),
        any_words(factors, 0, INT32_MAX),
        any_shifts(factors, -31, 30),
        per_channel,
        ANY_OUTPUT,
    };
    int8_t *out = fresh((int32_t)batches * outputs);
    tr_fully_connected_s8(&dense, any_bytes((int32_t)batches * inputs), out, 0);
    all_written(out, (int32_t)batches * outputs);
}

int main(void)
{
    for (uint32_t batches = 1; batches <= 2; batches++) {
        for (uint32_t in_c = 1; in_c <= 5; in_c++) {
            for (uint32_t out_c = 1; out_c <= 9; out_c++) {
                run(batches, in_c, out_c, 0);
                run(batches, in_c, out_c, 1);
            }
        }
    }
    return 0;
}
