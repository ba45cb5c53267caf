/* A semihosting call of a Cortex-M, and its answer. */
#ifndef TR_SEMIHOST_CALL_H
#define TR_SEMIHOST_CALL_H

#include <stdint.h>

static inline uint32_t tr_semihost_call(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

#endif
