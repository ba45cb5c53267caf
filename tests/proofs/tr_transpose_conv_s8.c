/* Kernels and strides of 1 to 3, images of 1 to 3, each padding in front, outputs up to where the
 * inputs reach and, where strides are longer than kernels, one more; for rows, then for columns.
 * Channels: 1 in and out, 2 in and 5 out. */
#include "tinyrob/tr_transpose_conv_s8.h"

#include "proof.h"

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
    for (uint16_t kernel = 1; kernel <= 3; kernel++) {
        for (uint16_t stride = 1; stride <= 3; stride++) {
            for (uint16_t size = 1; size <= 3; size += 2) {
                for (uint16_t pad = 0; pad < kernel; pad++) {
                    const int32_t reach = (size - 1) * stride + kernel - pad;
                    const uint16_t out = (uint16_t)(reach + (kernel < stride));
                    const tr_spread rows = {size, 2, out, 2, kernel, 1, stride, 1, pad, 0};
                    const tr_spread columns = {2, size, 2, out, 1, kernel, 1, stride, 0, pad};
                    run(&rows);
                    run(&columns);
                }
            }
        }
    }
    return 0;
}
