/* A semihosting call of a RISC-V core, and its answer. */
#ifndef TR_SEMIHOST_CALL_H
#define TR_SEMIHOST_CALL_H

#include <stdint.h>

/* The three instructions that mark a call (RISC-V semihosting 0.3): uncompressed, on one page. */
static inline uint32_t tr_semihost_call(uint32_t operation, const void *argument)
{
    register uint32_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    __asm__ volatile(".option push\n\t"
                     ".option norvc\n\t"
                     ".balign 16\n\t"
                     "slli zero, zero, 0x1f\n\t"
                     "ebreak\n\t"
                     "srai zero, zero, 7\n\t"
                     ".option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}

#endif
