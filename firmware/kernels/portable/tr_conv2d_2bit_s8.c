/* Portable convolution from weights of 2 bits: see tr_packed_conv.h. */
#include "tinyrob/tr_conv2d_2bit_s8.h"

#include "tr_packed_conv.h"

void tr_conv2d_2bit_s8(const tr_conv2d_packed *packed, const int8_t *in, int8_t *out, void *scratch)
{
    (void)scratch;
    tr_packed_image(packed, in, out, 2);
}
