/* Reset, memory and faults of every 32-bit RISC-V core in machine mode. */
#include <stdint.h>

#include "tr_board.h"
#include "tr_boot.h"
#include "tr_port.h"
#include "tr_semihost.h"

int main(void);
void tr_reset(void);
void tr_start(void);
void tr_fault(void);

/* Where the core starts: first in memory, without a stack. */
__attribute__((section(".vectors"), naked, used)) void tr_reset(void)
{
    __asm__ volatile("la sp, tr_link_stack_top\n\t"
                     "la t0, tr_fault\n\t"
                     "csrw mtvec, t0\n\t"
                     "j tr_start");
}

__attribute__((used, noreturn)) void tr_start(void)
{
    uint32_t *here;
    __asm__ volatile("mv %0, sp" : "=r"(here));
    tr_boot_memory(here);
    tr_port_exit(main());
}

/* Every trap: no interrupt is ever enabled. mtvec takes addresses that are multiples of 4. */
__attribute__((aligned(4), used, noreturn)) void tr_fault(void)
{
    tr_semihost_print("tinyrob: fault (a bad access, or the stack has overflowed)\n");
    tr_port_exit(70);
}
