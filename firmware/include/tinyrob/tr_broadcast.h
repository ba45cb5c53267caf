/* Two operands of an elementwise operator, one of which may repeat along some axes. */
#ifndef TINYROB_TR_BROADCAST_H
#define TINYROB_TR_BROADCAST_H

#include <stdint.h>

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

#ifdef __cplusplus
}
#endif

#endif
