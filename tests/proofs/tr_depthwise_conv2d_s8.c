/* Channels: 1, 4 and 5 with one output each (four share a walk), 2 with two outputs each. */
#include "tinyrob/tr_depthwise_conv2d_s8.h"

#include "windows.h"

#define BIAS (INT32_MAX - 255 * 128 * 9)

static void channels(const tr_window *w, uint16_t in_c, uint16_t depth)
{
    const int32_t out_c = in_c * depth, outputs = w->out_h * w->out_w * out_c;
    const tr_depthwise_conv2d conv = {
        *w,
        1,
        in_c,
        depth,
        ANY(int16_t, -127, 128),
        any_bytes(w->kernel_h * w->kernel_w * out_c),
        any_words(out_c, -BIAS, BIAS),
        any_words(out_c, 0, INT32_MAX),
        any_shifts(out_c, -31, 30),
        ANY_OUTPUT,
    };
    int8_t *out = fresh(outputs);
    tr_depthwise_conv2d_s8(&conv, any_bytes(w->in_h * w->in_w * in_c), out, 0);
    all_written(out, outputs);
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
