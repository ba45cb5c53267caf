/* Rows of a state that move on by one value, and their inner product with weights. */
#ifndef TINYROB_TR_MVE_SLIDE_H
#define TINYROB_TR_MVE_SLIDE_H

#include "tr_mve.h"

/* row[i] = row[i + 1] for i in [0, n), n >= 0; the sum of what then is there times the weights, modulo
 * 2^32. 4 instructions for 16 values. */
static inline uint32_t tr_mve_slide8(int8_t *row, const int8_t *weights, uint32_t n)
{
    int32_t sum = 0;
#ifdef TR_MVE_INSTRUCTIONS
    const int8_t *from = row + 1;
    if (n > 0u) {
        __asm__ volatile("dlstp.8 lr, %[n]\n"
                         "1:\n\t"
                         "vldrb.8 q0, [%[from]], #16\n\t"
                         "vldrb.8 q1, [%[w]], #16\n\t"
                         "vmladava.s8 %[sum], q0, q1\n\t"
                         "vstrb.8 q0, [%[to]], #16\n\t"
                         "letp lr, 1b"
                         : [sum] "+Te"(sum), [from] "+r"(from), [w] "+r"(weights), [to] "+r"(row)
                         : [n] "r"(n)
                         : "q0", "q1", "lr", "memory");
    }
#else
    for (uint32_t i = 0; i < n; i++) {
        row[i] = row[i + 1u];
        sum += weights[i] * row[i];
    }
#endif
    return (uint32_t)sum;
}

/* The same of int16: 4 instructions for 8 values. */
static inline uint32_t tr_mve_slide16(int16_t *row, const int16_t *weights, uint32_t n)
{
    int32_t sum = 0;
#ifdef TR_MVE_INSTRUCTIONS
    const int16_t *from = row + 1;
    if (n > 0u) {
        __asm__ volatile("dlstp.16 lr, %[n]\n"
                         "1:\n\t"
                         "vldrh.16 q0, [%[from]], #16\n\t"
                         "vldrh.16 q1, [%[w]], #16\n\t"
                         "vmladava.s16 %[sum], q0, q1\n\t"
                         "vstrh.16 q0, [%[to]], #16\n\t"
                         "letp lr, 1b"
                         : [sum] "+Te"(sum), [from] "+r"(from), [w] "+r"(weights), [to] "+r"(row)
                         : [n] "r"(n)
                         : "q0", "q1", "lr", "memory");
    }
#else
    for (uint32_t i = 0; i < n; i++) {
        row[i] = row[i + 1u];
        sum = (int32_t)((uint32_t)sum + (uint32_t)(weights[i] * row[i]));
    }
#endif
    return (uint32_t)sum;
}

#endif
