/* Channels: 1 in and out, 3 in and 5 out (blocks of four, and what is left over). Biases up to what the
 * header's sum leaves for the largest kernel here. */
#include "tinyrob/tr_conv2d_s8.h"

#include "windows.h"

#define BIAS (INT32_MAX - 255 * 128 * 27)

static void run(const tr_window *w)
{
    for (uint16_t in_c = 1; in_c <= 3; in_c += 2) {
        const uint16_t out_c = in_c == 1 ? 1 : 5;
        const int32_t outputs = w->out_h * w->out_w * out_c;
        const tr_conv2d conv = {
            *w,
            1,
            in_c,
            out_c,
            ANY(int16_t, -127, 128),
            any_bytes(w->kernel_h * w->kernel_w * in_c * out_c),
            any_words(out_c, -BIAS, BIAS),
            any_words(out_c, 0, INT32_MAX),
            any_shifts(out_c, -31, 30),
            ANY_OUTPUT,
        };
        int8_t *out = fresh(outputs);
        tr_conv2d_s8(&conv, any_bytes(w->in_h * w->in_w * in_c), out, 0);
        all_written(out, outputs);
    }
}

int main(void)
{
    each_window(run, 2);
    return 0;
}
