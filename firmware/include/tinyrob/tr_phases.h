/* A transposed convolution as convolutions: where the outputs of each of them go. */
#ifndef TINYROB_TR_PHASES_H
#define TINYROB_TR_PHASES_H

#include <stdint.h>

#include "tinyrob/tr_inline.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Outputs (y * stride_h + row, x * stride_w + column) are phase (row, column)'s; strides are 1 or 2.
 * A phase's outputs are made `made` bytes into the scratch, behind what its convolution wants. */
typedef struct tr_phases {
    uint16_t out_h, out_w, out_c;
    uint8_t stride_h, stride_w;
    uint32_t made;
} tr_phases;

/* A phase's outputs to their places. */
TR_INLINE void tr_phase_place(const tr_phases *of, uint32_t row, uint32_t column,
                              const int8_t *made, int8_t *out)
{
    for (uint32_t y = row; y < of->out_h; y += of->stride_h) {
        for (uint32_t x = column; x < of->out_w; x += of->stride_w) {
            int8_t *to = out + (y * of->out_w + x) * of->out_c;
            uint32_t c = of->out_c;
            for (; c >= 4; c -= 4, made += 4, to += 4) {
                int32_t word;
                __builtin_memcpy(&word, made, 4);
                __builtin_memcpy(to, &word, 4);
            }
            for (; c > 0; c--) {
                *to++ = *made++;
            }
        }
    }
}

#ifdef __cplusplus
}
#endif

#endif
