/* Rows of a 3x3 convolution by F(2x2, 3x3): Winograd 1980, "Arithmetic Complexity of Computations";
 * Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks" (arXiv:1509.09308).
 *
 * A tile of 2x2 outputs depends on 4x4 inputs d; with the kernel g it is A'((G g G') * (B'd B))A,
 * where * is element by element: 16 products a channel in place of 36. G has halves; here it is
 * doubled where it has any, and B where it has none:
 *
 *   G = 1  0  0    B' = 2  0 -2  0    A' = 1  1  1  0
 *       1  1  1         0  1  1  0         0  1 -1 -1
 *       1 -1  1         0 -1  1  0
 *       0  0  1         0  2  0 -2
 *
 * so that all are integers, and sums four times the convolution's, exactly: transformed inputs
 * are within 2^11, kernels within 9 * 128 and sums, for up to 256 channels, within 2^31. Lanes of
 * 16 bits hold two input channels; inputs of four tiles by kernels of two output channels are
 * multiplied at once (tr_dsp_winograd_products.h). */
#ifndef TINYROB_TR_DSP_WINOGRAD_H
#define TINYROB_TR_DSP_WINOGRAD_H

#include "tinyrob/tr_conv2d_winograd_dsp_s8.h"

/* The scratch, a multiple of 4. */
int32_t tr_dsp_winograd_bytes(const tr_conv2d_winograd_dsp *conv);

/* Output rows y to y + 2 * rows - 1 of an image, or up to its last one, saturated to [-128, 127]:
 * `y` is even, `out` where the first of them is.
 *
 * Instructions: 0.36 a MAC of the convolution for the products, 110 for a tile's two input
 * channels, 90 for two input channels of each output channel, 20 an output. */
void tr_dsp_winograd(const tr_conv2d_winograd_dsp *conv, const int8_t *in, int32_t y, int8_t *out,
                     void *scratch);

#endif
