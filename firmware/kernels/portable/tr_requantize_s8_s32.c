/* Portable requantization of int8 to int32. */
#include "tinyrob/tr_requantize_s8_s32.h"

void tr_requantize_s8_s32(const tr_requantizer16 *layer, const int8_t *in, int32_t *out,
                          void *scratch)
{
    (void)scratch;
    for (uint32_t n = layer->elements; n > 0; n--) {
        *out++ = tr_requantize16(layer, *in++);
    }
}
