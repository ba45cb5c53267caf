/* Portable concatenation of int16. */
#include "tinyrob/tr_concatenation_s16.h"

void tr_concatenation_s16(const tr_concatenation16 *layer, const int16_t *const *inputs,
                          int16_t *out, void *scratch)
{
    (void)scratch;
    for (uint32_t row = 0; row < layer->rows; row++) {
        for (uint32_t i = 0; i < layer->count; i++) {
            const int16_t *in = inputs[i] + row * layer->lengths[i];
            for (uint32_t n = layer->lengths[i]; n > 0; n--) {
                *out++ = tr_clamp16(*in++, &layer->output);
            }
        }
    }
}
