/* Portable requantization. */
#include "tinyrob/tr_requantize_s8.h"

void tr_requantize_s8(const tr_requantizer *layer, const int8_t *in, int8_t *out, void *scratch)
{
    (void)scratch;
    for (uint32_t n = layer->elements; n > 0; n--) {
        *out++ = tr_requantize(*in++ + layer->offset, layer->multiplier, layer->shift,
                               &layer->output);
    }
}
