/* Convolutions of packed weights. Channels: 1 in and out, 3 in and 5 out (weights hold whole fours). Any
 * bytes as weights. */
#ifndef PACKED_H
#define PACKED_H

#include "tinyrob/tr_conv2d_packed.h"
#include "windows.h"

typedef void (*with_packed)(const tr_conv2d_packed *packed, const int8_t *in, int8_t *out);

/* Weights of so many bits; biases of up to so much. */
static inline void each_packed(const tr_window *w, int32_t bits, int32_t bias, with_packed run)
{
    for (uint16_t in_c = 1; in_c <= 3; in_c += 2) {
        const uint16_t out_c = in_c == 1 ? 1 : 5;
        const int32_t outputs = w->out_h * w->out_w * out_c, taps = w->kernel_h * w->kernel_w;
        int8_t *weights = any_bytes(taps * in_c * ((out_c + 3) / 4) * bits / 2);
        uint8_t *factor = (uint8_t *)any_shifts(out_c, 1, 127);
        const tr_conv2d_packed packed = {
            {
                *w,
                1,
                in_c,
                out_c,
                ANY(int16_t, -127, 128),
                weights,
                any_words(out_c, -bias, bias),
                any_words(out_c, 0, INT32_MAX),
                any_shifts(out_c, -31, 30),
                ANY_OUTPUT,
            },
            factor,
        };
        int8_t *out = fresh(outputs);
        run(&packed, any_bytes(w->in_h * w->in_w * in_c), out);
        all_written(out, outputs);
    }
}

#endif
