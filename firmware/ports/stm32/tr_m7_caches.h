/* The caches of a Cortex-M7. */
#ifndef TR_M7_CACHES_H
#define TR_M7_CACHES_H

#include <stdint.h>

#include "tr_mmio.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCB_CCR 0xE000ED14UL
#define SCB_CCSIDR 0xE000ED80UL
#define SCB_CSSELR 0xE000ED84UL
#define SCB_ICIALLU 0xE000EF50UL
#define SCB_DCISW 0xE000EF60UL
#define CCR_DC (1UL << 16)
#define CCR_IC (1UL << 17)

/* Their content after reset is chance: it is thrown away first (Arm DDI 0403, B2.2). */
static inline void tr_m7_caches_start(void)
{
    tr_mmio_write(SCB_ICIALLU, 0);
    tr_mmio_write(SCB_CSSELR, 0);
    TR_BARRIER();
    const uint32_t size = tr_mmio_read(SCB_CCSIDR);
    const uint32_t sets = (size >> 13) & 0x7FFFUL;
    const uint32_t ways = (size >> 3) & 0x3FFUL; /* four: the way is in the top two bits */
    for (uint32_t set = 0; set <= sets; set++) {
        for (uint32_t way = 0; way <= ways; way++) {
            tr_mmio_write(SCB_DCISW, way << 30 | set << 5);
        }
    }
    TR_BARRIER();
    tr_mmio_set(SCB_CCR, CCR_IC | CCR_DC);
    TR_BARRIER();
}

#ifdef __cplusplus
}
#endif

#endif
