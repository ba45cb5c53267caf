/* A timer of 32 bits that ticks once in 65,536 of its clock's cycles. */
#ifndef TR_SLOW_TIMER_H
#define TR_SLOW_TIMER_H

#include <stdint.h>

#include "tr_mmio.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TR_TIM2 0x40000000UL
#define TR_TIM5 0x40000C00UL

/* Its clock is enabled already. */
static inline void tr_slow_timer_start(uint32_t base)
{
    tr_mmio_write(base + 0x28UL, 0xFFFFUL);     /* PSC */
    tr_mmio_write(base + 0x2CUL, 0xFFFFFFFFUL); /* ARR */
    tr_mmio_write(base + 0x14UL, 1UL);          /* EGR.UG: the prescaler counts from now on */
    tr_mmio_write(base + 0x00UL, 1UL);          /* CR1.CEN */
}

static inline uint32_t tr_slow_timer_count(uint32_t base)
{
    return tr_mmio_read(base + 0x24UL);
}

#ifdef __cplusplus
}
#endif

#endif
