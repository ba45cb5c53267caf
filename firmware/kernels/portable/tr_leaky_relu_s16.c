/* Portable leaky ramp of int16. */
#include "tinyrob/tr_leaky_relu_s16.h"

#include "tinyrob/tr_qmath.h"

static int32_t below(const tr_leaky_relu16 *layer, int32_t value)
{
    const int32_t made = tr_multiply(value, layer->below_multiplier, layer->below_shift);
    return layer->negative ? -made : made;
}

void tr_leaky_relu_s16(const tr_leaky_relu16 *layer, const int16_t *in, int16_t *out, void *scratch)
{
    (void)scratch;
    for (uint32_t n = layer->elements; n > 0; n--) {
        const int32_t value = *in++;
        const int32_t made = value >= 0
                                 ? tr_multiply(value, layer->above_multiplier, layer->above_shift)
                                 : below(layer, value);
        *out++ = tr_clamp16(made, &layer->output);
    }
}
