/* Portable concatenation. */
#include "tinyrob/tr_concatenation_s8.h"

void tr_concatenation_s8(const tr_concatenation *layer, const int8_t *const *inputs, int8_t *out,
                         void *scratch)
{
    (void)scratch;
    for (uint32_t row = 0; row < layer->rows; row++) {
        for (uint32_t i = 0; i < layer->count; i++) {
            const int8_t *in = inputs[i] + row * layer->lengths[i];
            for (uint32_t n = layer->lengths[i]; n > 0; n--) {
                *out++ = tr_clamp(*in++, &layer->output);
            }
        }
    }
}
