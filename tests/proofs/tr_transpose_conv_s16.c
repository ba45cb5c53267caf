/* Kernels and strides of 1 to 3, images of 1 to 3, each padding in front, outputs up to where the
 * inputs reach and, where strides are longer than kernels, one more; for rows, then for columns.
 * Channels: 1 in and out, 2 in and 5 out. */
#include "tinyrob/tr_transpose_conv_s16.h"

#include "sixteen.h"

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
