/* Memory filled with one value, without a C library. */
#ifndef TINYROB_TR_MVE_FILL_H
#define TINYROB_TR_MVE_FILL_H

#include "tr_mve.h"

/* bytes >= 1. Two instructions for 16 bytes. */
static inline void tr_mve_fill(int8_t *to, int32_t bytes, int32_t value)
{
#ifdef TR_MVE_INSTRUCTIONS
    __asm__ volatile("vdup.8 q0, %[value]\n\t"
                     "dlstp.8 lr, %[bytes]\n"
                     "1:\n\t"
                     "vstrb.8 q0, [%[to]], #16\n\t"
                     "letp lr, 1b"
                     : [to] "+r"(to)
                     : [value] "r"(value), [bytes] "r"(bytes)
                     : "q0", "lr", "memory");
#else
    for (int32_t i = 0; i < bytes; i++) {
        to[i] = (int8_t)value;
    }
#endif
}

#endif
