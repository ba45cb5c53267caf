/* Channels: 1 in and out, 3 in and 5 out (blocks of four, and what is left over). */
#include "tinyrob/tr_conv2d_s16.h"

#include "sixteen.h"
#include "windows.h"

static void channels(const tr_conv2d16 *conv)
{
    const tr_window *w = &conv->window;
    const int32_t outputs = w->out_h * w->out_w * conv->out_c;
    int16_t *out = fresh16(outputs);
    tr_conv2d_s16(conv, any_shorts(w->in_h * w->in_w * conv->in_c), out, 0);
    all_written16(out, outputs);
}

static void run(const tr_window *w)
{
    for (uint16_t in_c = 1; in_c <= 3; in_c += 2) {
        const uint16_t out_c = in_c == 1 ? 1 : 5;
        const int8_t *weights = any_bytes(w->kernel_h * w->kernel_w * in_c * out_c);
        const tr_conv2d16 wide = {*w, 1, in_c, out_c, weights, WIDE_SUMS(out_c)};
        const tr_conv2d16 narrow = {*w, 1, in_c, out_c, weights, NARROW_SUMS(out_c)};
        channels(&wide);
        channels(&narrow);
    }
}

int main(void)
{
    each_window(run, 2);
    return 0;
}
