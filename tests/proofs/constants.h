/* Constants in flash: 1 to 3 arrays of 1 to 2 elements of each width, in layers of one or more. */
#ifndef CONSTANTS_H
#define CONSTANTS_H

#include "proof.h"
#include "tinyrob/tr_constants.h"

typedef void (*with_constants)(const tr_constant *constants, uint32_t count);

static inline void each_constants(with_constants run)
{
    for (uint32_t count = 1; count <= 3; count++) {
        for (uint32_t code = 0; code < 16; code++) {
            tr_constant constants[3];
            for (uint32_t i = 0; i < count; i++) {
                const uint32_t width = 1u << ((code + i) & 3u), bytes = width * (1 + i % 2);
                const tr_constant one = {any_bytes((int32_t)bytes), bytes, (uint32_t)ANY_WORD,
                                         (uint16_t)width, (uint16_t)(code >> i & 1u)};
                constants[i] = one;
            }
            run(constants, count);
        }
    }
    run(0, 0);
}

#endif
