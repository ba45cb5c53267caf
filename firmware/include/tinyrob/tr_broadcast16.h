/* Two operands of int16, element by element, with what repeats. */
#ifndef TINYROB_TR_BROADCAST16_H
#define TINYROB_TR_BROADCAST16_H

#include "tinyrob/tr_broadcast.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a layer makes of one value of each operand. */
typedef int16_t (*tr_pair16)(const void *layer, int32_t a, int32_t b);

/* Each value of `out`, from the pair that belongs there. In line, and `pair` with it where it is
 * known: loops as if they were written out. */
TR_INLINE void tr_broadcast_pairs16(const tr_broadcast *shape, const int16_t *a, const int16_t *b,
                                    int16_t *out, tr_pair16 pair, const void *layer)
{
    const uint32_t *size = shape->size;
    uint32_t ia[4], ib[4];
    tr_broadcast_steps(size, shape->a_repeats, ia);
    tr_broadcast_steps(size, shape->b_repeats, ib);
    for (uint32_t i = 0; i < size[0]; i++) {
        for (uint32_t j = 0; j < size[1]; j++) {
            for (uint32_t k = 0; k < size[2]; k++) {
                const int16_t *pa = a + i * ia[0] + j * ia[1] + k * ia[2];
                const int16_t *pb = b + i * ib[0] + j * ib[1] + k * ib[2];
                for (uint32_t n = size[3]; n > 0; n--, pa += ia[3], pb += ib[3]) {
                    *out++ = pair(layer, *pa, *pb);
                }
            }
        }
    }
}

#ifdef __cplusplus
}
#endif

#endif
