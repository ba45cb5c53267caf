/* Reset, memory and faults of every Cortex-M: all that differs between parts is in the linker
 * script and in the family's port. */
#include <stdint.h>

#include "tr_board.h"
#include "tr_boot.h"
#include "tr_port.h"
#include "tr_semihost.h"

int main(void);
__attribute__((noreturn)) void tr_reset(void);
void tr_fault(void);
void tr_unexpected(void);
__attribute__((noreturn)) void tr_fault_end(void);
__attribute__((noreturn)) void tr_unexpected_end(void);

typedef union tr_vector {
    uint32_t *stack;
    void (*handler)(void);
} tr_vector;

/* No interrupt is ever enabled: the core's own sixteen entries are the whole table. */
extern const tr_vector tr_vectors[16];
__attribute__((section(".vectors"), used)) const tr_vector tr_vectors[16] = {
    {.stack = tr_link_stack_top}, {.handler = tr_reset},
    {.handler = tr_unexpected},   {.handler = tr_fault}, /* NMI, HardFault */
    {.handler = tr_fault},        {.handler = tr_fault}, /* MemManage, BusFault */
    {.handler = tr_fault},        {.handler = tr_fault}, /* UsageFault, SecureFault */
    {.handler = tr_unexpected},   {.handler = tr_unexpected},
    {.handler = tr_unexpected},   {.handler = tr_unexpected}, /* SVCall */
    {.handler = tr_unexpected},   {.handler = tr_unexpected},
    {.handler = tr_unexpected},   {.handler = tr_unexpected}, /* PendSV, SysTick */
};

void tr_reset(void)
{
    uint32_t *here;
    __asm__ volatile("mov %0, sp" : "=r"(here));
#if TR_BOARD_FPU
    *(volatile uint32_t *)0xE000ED88UL |= 0xFUL << 20; /* CPACR: full access to CP10, CP11 */
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    tr_boot_memory(here);
    tr_port_exit(main());
}

/* What comes here may have overflowed the stack: it starts anew. */
#define WITH_A_NEW_STACK(function)                                                                 \
    __asm__ volatile("ldr r0, =tr_link_stack_top\n\tmov sp, r0\n\tbl " #function)

__attribute__((naked)) void tr_fault(void)
{
    WITH_A_NEW_STACK(tr_fault_end);
}

__attribute__((naked)) void tr_unexpected(void)
{
    WITH_A_NEW_STACK(tr_unexpected_end);
}

__attribute__((used)) void tr_fault_end(void)
{
    tr_semihost_print("tinyrob: fault (a bad access, or the stack has overflowed)\n");
    tr_port_exit(70);
}

__attribute__((used)) void tr_unexpected_end(void)
{
    tr_semihost_print("tinyrob: an exception that nobody asked for\n");
    tr_port_exit(71);
}
