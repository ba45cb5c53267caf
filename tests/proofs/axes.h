/* The five merged axes of a reduction, each 1 or 2, and one of them 3. */
#ifndef AXES_H
#define AXES_H

#include "proof.h"

typedef void (*with_axes)(const uint32_t axes[5]);

static inline void each_axes(with_axes run)
{
    for (uint32_t code = 0; code < 32; code++) {
        const uint32_t axes[5] = {1 + (code & 1u), 1 + (code >> 1 & 1u), 1 + (code >> 2 & 1u),
                                  1 + (code >> 3 & 1u), 1 + (code >> 4 & 1u)};
        run(axes);
    }
    for (uint32_t axis = 0; axis < 5; axis++) {
        uint32_t axes[5] = {1, 2, 1, 2, 1};
        axes[axis] = 3;
        run(axes);
    }
}

#endif
