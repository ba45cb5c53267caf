/* Portable absolute values of int16. */
#include "tinyrob/tr_abs_s16.h"

void tr_abs_s16(const tr_abs16 *layer, const int16_t *in, int16_t *out, void *scratch)
{
    (void)scratch;
    for (uint32_t n = layer->elements; n > 0; n--) {
        const int32_t value = *in++;
        const int32_t made = tr_multiply(value < 0 ? -value : value, layer->multiplier,
                                         layer->shift);
        *out++ = tr_clamp16(made, &layer->output);
    }
}
