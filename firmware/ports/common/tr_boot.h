/* What every part's reset does before main: the stack painted, .data copied, .bss cleared. */
#ifndef TR_BOOT_H
#define TR_BOOT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the unused stack holds: tr_stack.c looks for it. */
#define TR_STACK_PAINT 0xC5C5C5C5UL

/* Places that the linker script names; only their addresses mean something. */
extern uint32_t tr_link_stack_low[];
extern uint32_t tr_link_stack_top[];
extern uint32_t tr_link_data_from[];
extern uint32_t tr_link_data_start[];
extern uint32_t tr_link_data_end[];
extern uint32_t tr_link_bss_start[];
extern uint32_t tr_link_bss_end[];

/* `here` is the stack pointer: what lies below is painted. Always in line, since a call's frame
 * would be painted as well; volatile, since a compiler may not turn these loops into calls that
 * need what they set up. */
__attribute__((always_inline)) static inline void tr_boot_memory(uint32_t *here)
{
    for (volatile uint32_t *word = tr_link_stack_low; word < here; word++) {
        *word = TR_STACK_PAINT;
    }
    const volatile uint32_t *from = tr_link_data_from;
    for (volatile uint32_t *word = tr_link_data_start; word < tr_link_data_end; word++) {
        *word = *from++;
    }
    for (volatile uint32_t *word = tr_link_bss_start; word < tr_link_bss_end; word++) {
        *word = 0;
    }
}

#ifdef __cplusplus
}
#endif

#endif
