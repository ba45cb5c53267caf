/* Windows of every kind up to a bound: kernels of 1 to 3, strides and dilations of 1 and 2, padding
 * of up to all but one tap on one side and as much as is left on the other, in images that are just
 * large enough and larger; all that for rows, then for columns. Each window holds a pixel. */
#ifndef WINDOWS_H
#define WINDOWS_H

#include "proof.h"
#include "tinyrob/tr_window.h"

typedef void (*with_window)(const tr_window *w);

static inline void each_window(with_window run, uint16_t dilations)
{
    for (uint16_t kernel = 1; kernel <= 3; kernel++) {
        for (uint16_t stride = 1; stride <= 2; stride++) {
            for (uint16_t dilation = 1; dilation <= dilations; dilation++) {
                for (uint16_t pad = 0; pad < kernel; pad++) {
                    const uint16_t reach = (uint16_t)((kernel - 1) * dilation + 1);
                    const uint16_t size = (uint16_t)(reach + stride - 1);
                    const uint16_t out = (uint16_t)((size + pad - 1) / stride + 1);
                    const tr_window w = {size,     (uint16_t)(reach + 1),
                                         out,      2,
                                         kernel,   kernel,
                                         stride,   1,
                                         dilation, dilation,
                                         pad,      0};
                    const tr_window turned = {(uint16_t)(reach + 1),
                                              size,
                                              2,
                                              out,
                                              kernel,
                                              kernel,
                                              1,
                                              stride,
                                              dilation,
                                              dilation,
                                              0,
                                              pad};
                    run(&w);
                    run(&turned);
                }
            }
        }
    }
    const tr_window row = {1, 4, 1, 2, 1, 3, 1, 1, 1, 1, 0, 0};
    run(&row);
}

#endif
