/* Channels: 1 in and out, 2 in and 5 out. */
#include "tinyrob/tr_transpose_conv_s16.h"

#include "sixteen.h"
#include "spreads.h"

static void channels(const tr_spread *spread, uint16_t in_c, uint16_t out_c)
{
    const int32_t outputs = spread->out_h * spread->out_w * out_c;
    const int8_t *weights = any_bytes(spread->kernel_h * spread->kernel_w * in_c * out_c);
    const tr_transpose_conv16 conv = {*spread, 1, in_c, out_c, weights, WIDE_SUMS(out_c)};
    int16_t *out = fresh16(outputs);
    tr_transpose_conv_s16(&conv, any_shorts(spread->in_h * spread->in_w * in_c), out, 0);
    all_written16(out, outputs);
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
