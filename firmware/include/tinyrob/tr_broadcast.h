/* Two operands of an elementwise operator, one of which may repeat along some axes. */
#ifndef TINYROB_TR_BROADCAST_H
#define TINYROB_TR_BROADCAST_H

#include <stdint.h>

#include "tinyrob/tr_inline.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The output's axes, outermost first, merged where both operands run through them in order: two
 * operands of one shape have size {1, 1, 1, elements}. Bit i of a mask says that the operand
 * repeats along axis i (its own size is 1 there). Products of sizes are in [1, 2^31 - 1]. */
typedef struct tr_broadcast {
    uint32_t size[4];
    uint8_t a_repeats;
    uint8_t b_repeats;
} tr_broadcast;

/* How far an operand moves for a step along each axis. */
static inline void tr_broadcast_steps(const uint32_t size[4], uint32_t repeats, uint32_t step[4])
{
    uint32_t stride = 1;
    for (uint32_t axis = 4; axis-- > 0;) {
        if ((repeats >> axis) & 1u) {
            step[axis] = 0;
        } else {
            step[axis] = stride;
            stride *= size[axis];
        }
    }
}

/* What a layer makes of one value of each operand. */
typedef int8_t (*tr_pair)(const void *layer, int32_t a, int32_t b);

/* Each value of `out`, from the pair that belongs there. In line, and `pair` with it where it is
 * known: loops as if they were written out. */
TR_INLINE void tr_broadcast_pairs(const tr_broadcast *shape, const int8_t *a, const int8_t *b,
                                  int8_t *out, tr_pair pair, const void *layer)
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
