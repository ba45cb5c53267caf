/* STM32G0 (RM0444): HSI16 through the PLL. Cortex-M0+ has no cycle counter: TIM2 is clocked, which
 * has 32 bits and runs at the core's clock while APB is not divided. */
#include "tr_clock.h"

#include "tr_board.h"
#include "tr_mmio.h"

#define RCC_CR 0x40021000UL
#define RCC_CFGR 0x40021008UL
#define RCC_PLLCFGR 0x4002100CUL
#define RCC_APBENR1 0x4002103CUL
#define FLASH_ACR 0x40022000UL

#define CR_HSION (1UL << 8)
#define CR_HSIRDY (1UL << 10)
#define CR_PLLON (1UL << 24)
#define CR_PLLRDY (1UL << 25)
#define PLLCFGR_HSI16 2UL
#define PLLCFGR_REN (1UL << 28)
#define CFGR_SW_PLLR 2UL
#define CFGR_SWS (7UL << 3)
#define CFGR_SWS_PLLR (2UL << 3)
#define APBENR1_TIM2 (1UL << 0)
#define ACR_LATENCY 7UL
#define ACR_PREFETCH_CACHE (3UL << 8) /* PRFTEN, ICEN */

void tr_clock_start(void)
{
    tr_mmio_set(RCC_CR, CR_HSION);
    tr_mmio_wait(RCC_CR, CR_HSIRDY, CR_HSIRDY);
    tr_mmio_write(RCC_PLLCFGR, (TR_BOARD_PLL_DIVIDER - 1UL) << 29 | PLLCFGR_REN |
                                   TR_BOARD_PLL_N << 8 | (TR_BOARD_PLL_M - 1UL) << 4 |
                                   PLLCFGR_HSI16);
    tr_mmio_set(RCC_CR, CR_PLLON);
    tr_mmio_wait(RCC_CR, CR_PLLRDY, CR_PLLRDY);
    /* DBG_SWEN must stay as it is: without it no debugger gets in again. */
    tr_mmio_field(FLASH_ACR, ACR_LATENCY, ACR_PREFETCH_CACHE | TR_BOARD_WAIT_STATES);
    tr_mmio_wait(FLASH_ACR, ACR_LATENCY, TR_BOARD_WAIT_STATES);
    tr_mmio_write(RCC_CFGR, CFGR_SW_PLLR);
    tr_mmio_wait(RCC_CFGR, CFGR_SWS, CFGR_SWS_PLLR);
    tr_mmio_set(RCC_APBENR1, APBENR1_TIM2);
    (void)tr_mmio_read(RCC_APBENR1);
}
