/* Channels: 1 in and out, 2 in and 5 out. */
#include "tinyrob/tr_transpose_conv_s8.h"

#include "spreads.h"

#define BIAS (INT32_MAX - 255 * 128 * 18)

static void channels(const tr_spread *spread, uint16_t in_c, uint16_t out_c)
{
    const int32_t outputs = spread->out_h * spread->out_w * out_c;
    const tr_transpose_conv conv = {
        *spread,
        1,
        in_c,
        out_c,
        ANY(int16_t, -127, 128),
        any_bytes(spread->kernel_h * spread->kernel_w * in_c * out_c),
        any_words(out_c, -BIAS, BIAS),
        any_words(out_c, 0, INT32_MAX),
        any_shifts(out_c, -31, 30),
        ANY_OUTPUT,
    };
    int8_t *out = fresh(outputs);
    tr_transpose_conv_s8(&conv, any_bytes(spread->in_h * spread->in_w * in_c), out, 0);
    all_written(out, outputs);
}

static void run(const tr_spread *spread)
{
    channels(spread, 1, 1);
    channels(spread, 2, 5);
}

int main(void)
{
    each_spread(run);
    return 0;
}
