/* Channels: 1 and 5 with one output each, 2 with two outputs each. */
#include "tinyrob/tr_depthwise_conv2d_s16.h"

#include "sixteen.h"
#include "windows.h"

static void channels(const tr_window *w, uint16_t in_c, uint16_t depth)
{
    const int32_t out_c = in_c * depth, outputs = w->out_h * w->out_w * out_c;
    const int8_t *weights = any_bytes(w->kernel_h * w->kernel_w * out_c);
    const tr_depthwise_conv2d16 conv = {*w, 1, in_c, depth, weights, WIDE_SUMS(out_c)};
    int16_t *out = fresh16(outputs);
    tr_depthwise_conv2d_s16(&conv, any_shorts(w->in_h * w->in_w * in_c), out, 0);
    all_written16(out, outputs);
}

static void run(const tr_window *w)
{
    channels(w, 1, 1);
    channels(w, 5, 1);
    channels(w, 2, 2);
}

int main(void)
{
    each_window(run, 2);
    return 0;
}
