/* Kernels and strides of 1 to 3, images of 1 to 3, each padding in front, outputs up to where the
 * inputs reach and, where strides are longer than kernels, one more; for rows, then for columns. */
#ifndef SPREADS_H
#define SPREADS_H

#include "proof.h"
#include "tinyrob/tr_spread.h"

typedef void (*with_spread)(const tr_spread *spread);

static inline void each_spread(with_spread run)
{
    for (uint16_t kernel = 1; kernel <= 3; kernel++) {
        for (uint16_t stride = 1; stride <= 3; stride++) {
            for (uint16_t size = 1; size <= 3; size += 2) {
                for (uint16_t pad = 0; pad < kernel; pad++) {
                    const int32_t reach = (size - 1) * stride + kernel - pad;
                    const uint16_t out = (uint16_t)(reach + (kernel < stride));
                    const tr_spread rows = {size, 2, out, 2, kernel, 1, stride, 1, pad, 0};
                    const tr_spread columns = {2, size, 2, out, 1, kernel, 1, stride, 0, pad};
                    run(&rows);
                    run(&columns);
                }
            }
        }
    }
}

#endif
