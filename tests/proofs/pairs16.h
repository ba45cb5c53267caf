/* Two operands of int16: each set of axes along which the one or the other repeats; and one run of
 * values, apart and with the output in place of either. */
#ifndef PAIRS16_H
#define PAIRS16_H

#include "pairs.h"
#include "sixteen.h"

typedef void (*with_pair16)(const tr_broadcast *shape, const int16_t *a, const int16_t *b,
                            int16_t *out);

static inline void each_pair16(with_pair16 run)
{
    const uint32_t size[4] = {2, 1, 3, 2};
    for (uint32_t a = 0; a < 16; a++) {
        for (uint32_t b = 0; b < 16; b++) {
            if ((a & b) == 0) {
                const tr_broadcast shape = {
                    {size[0], size[1], size[2], size[3]}, (uint8_t)a, (uint8_t)b};
                int16_t *out = fresh16(values_of(size, 0));
                run(&shape, any_shorts(values_of(size, a)), any_shorts(values_of(size, b)), out);
                all_written16(out, values_of(size, 0));
            }
        }
    }
    const tr_broadcast row = {{1, 1, 1, 5}, 0, 0};
    int16_t *one = any_shorts(5), *other = any_shorts(5);
    run(&row, one, other, one);
    run(&row, other, one, one);
    run(&row, one, one, one);
}

#endif
