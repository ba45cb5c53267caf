/* 2 groups, of 1 and 5 inputs and outputs: words of four values, and what is left over.
 *
 * with: tr_conv2d_s8.c */
#include "tinyrob/tr_conv2d_grouped_s8.h"

#include "proof.h"

#define BIAS (INT32_MAX - 255 * 128 * 10)

static void run(uint16_t groups, uint16_t in_c, uint16_t out_c)
{
    const tr_window w = {2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 1, 0};
    const int32_t taps = 2 * in_c, channels = groups * out_c;
    const uint32_t made = (2u * in_c + 3u) / 4u * 4u;
    const tr_conv2d_grouped conv = {
        .groups = {groups, in_c, out_c, 0, made},
        .weights = (uint32_t)(taps * out_c),
        .conv =
            {
                w,
                1,
                in_c,
                out_c,
                ANY(int16_t, -127, 128),
                any_bytes(taps * channels),
                any_words(channels, -BIAS, BIAS),
                any_words(channels, 0, INT32_MAX),
                any_shifts(channels, -31, 30),
                ANY_OUTPUT,
            },
    };
    int8_t *out = fresh(2 * channels);
    tr_conv2d_grouped_s8(&conv, any_bytes(2 * groups * in_c), out,
                         fresh((int32_t)made + 2 * out_c));
    all_written(out, 2 * channels);
}

int main(void)
{
    run(2, 1, 5);
    run(2, 5, 1);
    return 0;
}
