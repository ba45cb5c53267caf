/* Transposed convolution for Cortex-M with MVE: a convolution for each place of an output within its
 * stride, whose outputs are then put where they belong. No tap is multiplied with a zero between
 * inputs, and the convolution is the one that is fast. */
#include "tinyrob/tr_transpose_conv_mve_s8.h"

void tr_transpose_conv_mve_s8(const tr_transpose_conv_mve *conv, const int8_t *in, int8_t *out,
                              void *scratch)
{
    const tr_conv2d_mve *const phase[2][2] = {{&conv->phase_00, &conv->phase_01},
                                              {&conv->phase_10, &conv->phase_11}};
    int8_t *made = (int8_t *)scratch + conv->phases.made;
    for (uint32_t row = 0; row < conv->phases.stride_h; row++) {
        for (uint32_t column = 0; column < conv->phases.stride_w; column++) {
            tr_conv2d_mve_s8(phase[row][column], in, made, scratch);
            tr_phase_place(&conv->phases, row, column, made, out);
        }
    }
}
