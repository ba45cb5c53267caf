/* Portable sum of several tensors. */
#include "tinyrob/tr_add_n_s8.h"

void tr_add_n_s8(const tr_add_n *add, const int8_t *const *inputs, int8_t *out, void *scratch)
{
    (void)scratch;
    for (uint32_t i = 0; i < add->elements; i++) {
        int32_t total = add->sum.offset;
        for (uint32_t n = 0; n < add->count; n++) {
            total += inputs[n][i] + add->sum.offset;
        }
        out[i] = tr_summed(total, &add->sum);
    }
}
