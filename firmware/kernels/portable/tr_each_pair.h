/* Two operands, element by element, with what repeats: the loops of every operator on pairs. */
#ifndef TR_EACH_PAIR_H
#define TR_EACH_PAIR_H

#include "tinyrob/tr_broadcast.h"

/* `of` is known where this is inlined, so that it costs no call. */
static inline void tr_each_pair(const tr_broadcast *shape, const int8_t *a, const int8_t *b,
                                int8_t *out, int8_t (*of)(const void *, int32_t, int32_t),
                                const void *layer)
{
    const uint32_t *size = shape->size;
    uint32_t ia[4], ib[4];
    tr_broadcast_steps(size, shape->a_repeats, ia);
    tr_broadcast_steps(size, shape->b_repeats, ib);
    for (uint32_t i = 0; i < size[0]; i++) {
        for (uint32_t j = 0; j < size[1]; j++) {
            for (uint32_t k = 0; k < size[2]; k++) {
                const int8_t *pa = a + i * ia[0] + j * ia[1] + k * ia[2];
                const int8_t *pb = b + i * ib[0] + j * ib[1] + k * ib[2];
                for (uint32_t n = size[3]; n > 0; n--, pa += ia[3], pb += ib[3]) {
                    *out++ = of(layer, *pa, *pb);
                }
            }
        }
    }
}

#endif
