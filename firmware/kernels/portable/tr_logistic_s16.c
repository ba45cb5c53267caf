/* Portable sigmoid of int16. */
#include "tinyrob/tr_logistic_s16.h"

#include "tinyrob/tr_int16.h"

void tr_logistic_s16(const tr_curve16 *layer, const int16_t *in, int16_t *out, void *scratch)
{
    (void)scratch;
    for (uint32_t n = layer->elements; n > 0; n--) {
        *out++ = tr_clamp16(tr_sigmoid16(tr_curve16_argument(layer, *in++)), &layer->output);
    }
}
