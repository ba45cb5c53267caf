/* Registers, through calls: so that a test on a host can record what a port writes. */
#ifndef TR_MMIO_H
#define TR_MMIO_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef TR_MMIO_RECORDED

uint32_t tr_mmio_read(uint32_t address);
void tr_mmio_write(uint32_t address, uint32_t value);
#define TR_BARRIER() ((void)0)

#else

static inline uint32_t tr_mmio_read(uint32_t address)
{
    return *(volatile uint32_t *)address;
}

static inline void tr_mmio_write(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

#define TR_BARRIER() __asm__ volatile("dsb\n\tisb" ::: "memory")

#endif

static inline void tr_mmio_set(uint32_t address, uint32_t bits)
{
    tr_mmio_write(address, tr_mmio_read(address) | bits);
}

/* The field of `mask` becomes `value`; all else stays. */
static inline void tr_mmio_field(uint32_t address, uint32_t mask, uint32_t value)
{
    tr_mmio_write(address, (tr_mmio_read(address) & ~mask) | value);
}

/* Until the field of `mask` is `value`; false where it never is. */
static inline bool tr_mmio_await(uint32_t address, uint32_t mask, uint32_t value)
{
    for (uint32_t tries = 0; tries < 100000U; tries++) {
        if ((tr_mmio_read(address) & mask) == value) {
            return true;
        }
    }
    return false;
}

static inline void tr_mmio_wait(uint32_t address, uint32_t mask, uint32_t value)
{
    while ((tr_mmio_read(address) & mask) != value) {
    }
}

#ifdef __cplusplus
}
#endif

#endif
