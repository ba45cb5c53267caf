/* Two operands: each set of axes along which the one or the other repeats; and one run of values,
 * apart and with the output in place of either. */
#ifndef PAIRS_H
#define PAIRS_H

#include "proof.h"
#include "tinyrob/tr_broadcast.h"

typedef void (*with_pair)(const tr_broadcast *shape, const int8_t *a, const int8_t *b, int8_t *out);

static inline int32_t values_of(const uint32_t size[4], uint32_t repeats)
{
    uint32_t values = 1;
    for (uint32_t axis = 0; axis < 4; axis++) {
        values *= (repeats >> axis) & 1u ? 1u : size[axis];
    }
    return (int32_t)values;
}

static inline void each_pair(with_pair run)
{
    const uint32_t size[4] = {2, 1, 3, 2};
    for (uint32_t a = 0; a < 16; a++) {
        for (uint32_t b = 0; b < 16; b++) {
            if ((a & b) == 0) {
                const tr_broadcast shape = {
                    {size[0], size[1], size[2], size[3]}, (uint8_t)a, (uint8_t)b};
                int8_t *out = fresh(values_of(size, 0));
                run(&shape, any_bytes(values_of(size, a)), any_bytes(values_of(size, b)), out);
                all_written(out, values_of(size, 0));
            }
        }
    }
    const tr_broadcast row = {{1, 1, 1, 5}, 0, 0};
    int8_t *one = any_bytes(5), *other = any_bytes(5);
    run(&row, one, other, one);
    run(&row, other, one, one);
    run(&row, one, one, one);
}

#endif
