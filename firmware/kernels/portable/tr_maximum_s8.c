/* Portable maximum. */
#include "tinyrob/tr_maximum_s8.h"

void tr_maximum_s8(const tr_extremum *layer, const int8_t *a, const int8_t *b, int8_t *out,
                   void *scratch)
{
    const uint32_t *size = layer->shape.size;
    uint32_t ia[4], ib[4];
    (void)scratch;
    tr_broadcast_steps(size, layer->shape.a_repeats, ia);
    tr_broadcast_steps(size, layer->shape.b_repeats, ib);
    for (uint32_t i = 0; i < size[0]; i++) {
        for (uint32_t j = 0; j < size[1]; j++) {
            for (uint32_t k = 0; k < size[2]; k++) {
                const int8_t *pa = a + i * ia[0] + j * ia[1] + k * ia[2];
                const int8_t *pb = b + i * ib[0] + j * ib[1] + k * ib[2];
                for (uint32_t n = size[3]; n > 0; n--, pa += ia[3], pb += ib[3]) {
                    *out++ = tr_clamp(*pa > *pb ? *pa : *pb, &layer->output);
                }
            }
        }
    }
}
