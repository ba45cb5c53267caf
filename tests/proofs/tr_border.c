/* Not bounded: every float that is a number, and both infinities, over every scale that is one. (What
 * is no number is compared away in the first line, which Eva does not see; a test gives it.) */
#include "tinyrob/tr_border.h"

#include <float.h>

#include "proof.h"

int main(void)
{
    const float infinity = FLT_MAX + FLT_MAX;
    const float scale = Frama_C_float_interval(FLT_MIN, FLT_MAX);
    const int32_t zero = ANY(int32_t, -128, 127);
    tr_quantize(Frama_C_float_interval(-FLT_MAX, FLT_MAX), scale, zero);
    tr_quantize(infinity, scale, zero);
    tr_quantize(-infinity, scale, zero);
    tr_quantize16(Frama_C_float_interval(-FLT_MAX, FLT_MAX), scale, 0);
    tr_quantize16(infinity, scale, 0);
    tr_quantize16(-infinity, scale, 0);
    tr_dequantize(ANY(int32_t, -32768, 32767), scale, zero);
    for (int32_t shift = -31; shift <= 21; shift++) {
        tr_regrid(ANY(int32_t, 0, 255), 0, ANY(int32_t, 0, INT32_MAX), shift, zero, -128, 127);
        tr_regrid(ANY(int32_t, -255, -1), 0, ANY(int32_t, 0, INT32_MAX), shift, zero, -128, 127);
    }
    return 0;
}
