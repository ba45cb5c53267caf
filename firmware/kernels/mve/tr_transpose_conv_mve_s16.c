/* Transposed convolution of int16 for Cortex-M with MVE: as tr_transpose_conv_mve_s8, a convolution for
 * each place of an output within its stride. */
#include "tinyrob/tr_transpose_conv_mve_s16.h"

void tr_transpose_conv_mve_s16(const tr_transpose_conv_mve16 *conv, const int16_t *in, int16_t *out,
                               void *scratch)
{
    const tr_conv2d_mve16 *const phase[2][2] = {{&conv->phase_00, &conv->phase_01},
                                                {&conv->phase_10, &conv->phase_11}};
    int8_t *const made = (int8_t *)scratch + conv->phases.made;
    for (uint32_t row = 0; row < conv->phases.stride_h; row++) {
        for (uint32_t column = 0; column < conv->phases.stride_w; column++) {
            tr_conv2d_mve_s16(phase[row][column], in, (int16_t *)(void *)made, scratch);
            tr_phase_place(&conv->phases, row, column, made, (int8_t *)out);
        }
    }
}
