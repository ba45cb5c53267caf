/* Portable requantization of int16. */
#include "tinyrob/tr_requantize_s16.h"

void tr_requantize_s16(const tr_requantizer16 *layer, const int16_t *in, int16_t *out,
                       void *scratch)
{
    (void)scratch;
    for (uint32_t n = layer->elements; n > 0; n--) {
        *out++ = (int16_t)tr_requantize16(layer, *in++);
    }
}
