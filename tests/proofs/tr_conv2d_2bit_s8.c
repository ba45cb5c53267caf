#include "tinyrob/tr_conv2d_2bit_s8.h"

#include "packed.h"

#define BIAS (INT32_MAX - 255 * 127 * 4 * 27)

static void convolve(const tr_conv2d_packed *packed, const int8_t *in, int8_t *out)
{
    tr_conv2d_2bit_s8(packed, in, out, 0);
}

static void run(const tr_window *w)
{
    each_packed(w, 2, BIAS, convolve);
}

int main(void)
{
    each_window(run, 2);
    return 0;
}
