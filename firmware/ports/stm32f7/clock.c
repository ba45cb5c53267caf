/* STM32F7 (RM0385 for F745, F746, F756): HSE through the PLL, over-drive, both caches on.
 *
 * The regulator is in scale 1 after reset (PWR_CR1.VOS); beyond 180 MHz it needs over-drive as well
 * (RM0385, "Entering Over-drive mode"). The flash is read at 0x08000000, through AXI and the core's
 * caches: its own accelerator, which serves the other bus, is left off. */
#include "tr_clock.h"

#include "tr_board.h"
#include "tr_m7_caches.h"
#include "tr_mmio.h"
#include "tr_slow_timer.h"

#define RCC_CR 0x40023800UL
#define RCC_PLLCFGR 0x40023804UL
#define RCC_CFGR 0x40023808UL
#define RCC_APB1ENR 0x40023840UL
#define PWR_CR1 0x40007000UL
#define PWR_CSR1 0x40007004UL
#define FLASH_ACR 0x40023C00UL

#define CR_HSEON (1UL << 16)
#define CR_HSERDY (1UL << 17)
#define CR_HSEBYP (1UL << 18)
#define CR_PLLON (1UL << 24)
#define CR_PLLRDY (1UL << 25)
#define PLLCFGR_HSE (1UL << 22)
#define PLLCFGR_Q (8UL << 24)
#define PLLCFGR_R (2UL << 28) /* reserved, with this value after reset */
#define CFGR_SW_PLL 2UL
#define CFGR_SWS_PLL (2UL << 2)
#define CFGR_SWS (3UL << 2)
#define CFGR_PPRE1_4 (5UL << 10) /* APB1: at most 54 MHz */
#define CFGR_PPRE2_2 (4UL << 13) /* APB2: at most 108 MHz */
#define APB1ENR_TIM2 (1UL << 0)
#define APB1ENR_PWR (1UL << 28)
#define PWR_ODEN (1UL << 16)
#define PWR_ODSWEN (1UL << 17)

void tr_clock_start(void)
{
#ifdef TR_BOARD_PLL_HSE_BYPASS
    tr_mmio_set(RCC_CR, CR_HSEBYP);
#endif
    tr_mmio_set(RCC_CR, CR_HSEON);
    tr_mmio_wait(RCC_CR, CR_HSERDY, CR_HSERDY);
    tr_mmio_set(RCC_APB1ENR, APB1ENR_PWR);
    (void)tr_mmio_read(RCC_APB1ENR);
    tr_mmio_write(RCC_PLLCFGR, PLLCFGR_R | PLLCFGR_Q | PLLCFGR_HSE |
                                   (TR_BOARD_PLL_DIVIDER / 2UL - 1UL) << 16 | TR_BOARD_PLL_N << 6 |
                                   TR_BOARD_PLL_M);
    tr_mmio_set(RCC_CR, CR_PLLON);
#ifdef TR_BOARD_OVERDRIVE
    tr_mmio_set(PWR_CR1, PWR_ODEN);
    tr_mmio_wait(PWR_CSR1, PWR_ODEN, PWR_ODEN); /* ODRDY has the same place */
    tr_mmio_set(PWR_CR1, PWR_ODSWEN);
    tr_mmio_wait(PWR_CSR1, PWR_ODSWEN, PWR_ODSWEN);
#endif
    tr_mmio_write(FLASH_ACR, TR_BOARD_WAIT_STATES);
    tr_mmio_wait(FLASH_ACR, 0xFUL, TR_BOARD_WAIT_STATES);
    tr_mmio_wait(RCC_CR, CR_PLLRDY, CR_PLLRDY);
    tr_mmio_write(RCC_CFGR, CFGR_PPRE2_2 | CFGR_PPRE1_4 | CFGR_SW_PLL);
    tr_mmio_wait(RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL);
    tr_m7_caches_start();
}

void tr_clock_slow_start(void)
{
    tr_mmio_set(RCC_APB1ENR, APB1ENR_TIM2);
    (void)tr_mmio_read(RCC_APB1ENR);
    tr_slow_timer_start(TR_TIM2);
}

uint32_t tr_clock_slow_count(void)
{
    return tr_slow_timer_count(TR_TIM2);
}

/* Timers of APB1 run at twice its clock, half the core's. */
uint32_t tr_clock_slow_period(void)
{
    return 1UL << 17;
}
