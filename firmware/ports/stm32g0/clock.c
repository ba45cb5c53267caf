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
#define TIM2_CR2 0x40000004UL
#define TIM2_CNT 0x40000024UL
#define TIM3_CR1 0x40000400UL
#define TIM3_SMCR 0x40000408UL
#define TIM3_CNT 0x40000424UL

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
#define APBENR1_TIM3 (1UL << 1)
#define CR2_MMS_UPDATE (2UL << 4)
#define SMCR_ITR1 (1UL << 4) /* for TIM3: TIM2 */
#define SMCR_SMS_CLOCK 7UL   /* external clock mode 1 */
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

/* No other timer has 32 bits. TIM3, of 16, counts how often TIM2 begins anew (RM0444, "Using one
 * timer as prescaler for another timer"). */
void tr_clock_slow_start(void)
{
    tr_mmio_set(RCC_APBENR1, APBENR1_TIM3);
    (void)tr_mmio_read(RCC_APBENR1);
    tr_mmio_write(TIM2_CR2, CR2_MMS_UPDATE);
    tr_mmio_write(TIM3_SMCR, SMCR_ITR1 | SMCR_SMS_CLOCK);
    tr_mmio_write(TIM3_CR1, 1UL);
}

uint32_t tr_clock_slow_count(void)
{
    for (;;) {
        const uint32_t turns = tr_mmio_read(TIM3_CNT);
        const uint32_t count = tr_mmio_read(TIM2_CNT);
        if (tr_mmio_read(TIM3_CNT) == turns) {
            return turns << 16 | count >> 16;
        }
    }
}

uint32_t tr_clock_slow_period(void)
{
    return 1UL << 16;
}
