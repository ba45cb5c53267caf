/* Portable requantization of int16 to int8. */
#include "tinyrob/tr_requantize_s16_s8.h"

void tr_requantize_s16_s8(const tr_requantizer16 *layer, const int16_t *in, int8_t *out,
                          void *scratch)
{
    (void)scratch;
    for (uint32_t n = layer->elements; n > 0; n--) {
        *out++ = (int8_t)tr_requantize16(layer, *in++);
    }
}
