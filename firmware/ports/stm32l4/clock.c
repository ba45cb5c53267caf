/* STM32L4+ (RM0432): HSI16 through the PLL, regulator in range 1 boost mode, caches on. */
#include "tr_clock.h"

#include "tr_board.h"
#include "tr_mmio.h"
#include "tr_slow_timer.h"

#define RCC_CR 0x40021000UL
#define RCC_CFGR 0x40021008UL
#define RCC_PLLCFGR 0x4002100CUL
#define RCC_APB1ENR1 0x40021058UL
#define PWR_CR1 0x40007000UL
#define PWR_CR2 0x40007004UL
#define PWR_SR2 0x40007014UL
#define PWR_CR5 0x40007080UL
#define FLASH_ACR 0x40022000UL

#define CR_HSION (1UL << 8)
#define CR_HSIRDY (1UL << 10)
#define CR_PLLON (1UL << 24)
#define CR_PLLRDY (1UL << 25)
#define PLLCFGR_HSI16 2UL
#define PLLCFGR_REN (1UL << 24)
#define CFGR_SW_PLL 3UL
#define CFGR_SWS (3UL << 2)
#define CFGR_SWS_PLL (3UL << 2)
#define CFGR_HPRE (0xFUL << 4)
#define CFGR_HPRE_2 (8UL << 4)
#define APB1ENR1_TIM2 (1UL << 0)
#define APB1ENR1_PWR (1UL << 28)
#define CR1_VOS (3UL << 9)
#define CR1_VOS_RANGE1 (1UL << 9)
#define CR2_IOSV (1UL << 9)
#define CR5_R1MODE (1UL << 8)
#define SR2_VOSF (1UL << 10)
#define ACR_LATENCY 0xFUL
#define ACR_PREFETCH_CACHES (7UL << 8) /* PRFTEN, ICEN, DCEN */

/* More than the microsecond that RM0432 asks for ("Clock source frequency versus voltage
 * scaling"), at 60 MHz. */
#define PAUSE 100U

void tr_clock_start(void)
{
    tr_mmio_set(RCC_APB1ENR1, APB1ENR1_PWR);
    (void)tr_mmio_read(RCC_APB1ENR1);
    tr_mmio_field(PWR_CR1, CR1_VOS, CR1_VOS_RANGE1);
    tr_mmio_wait(PWR_SR2, SR2_VOSF, 0);
    tr_mmio_field(PWR_CR5, CR5_R1MODE, 0); /* 0 is boost mode (PWR_CR5) */
    tr_mmio_set(PWR_CR2, CR2_IOSV);        /* port G: its pins 2 to 15 are fed by VDDIO2 */
    tr_mmio_set(RCC_CR, CR_HSION);
    tr_mmio_wait(RCC_CR, CR_HSIRDY, CR_HSIRDY);
    tr_mmio_write(RCC_PLLCFGR, PLLCFGR_REN | (TR_BOARD_PLL_DIVIDER / 2UL - 1UL) << 25 |
                                   TR_BOARD_PLL_N << 8 | (TR_BOARD_PLL_M - 1UL) << 4 |
                                   PLLCFGR_HSI16);
    tr_mmio_set(RCC_CR, CR_PLLON);
    tr_mmio_wait(RCC_CR, CR_PLLRDY, CR_PLLRDY);
    tr_mmio_write(FLASH_ACR, ACR_PREFETCH_CACHES | TR_BOARD_WAIT_STATES);
    tr_mmio_wait(FLASH_ACR, ACR_LATENCY, TR_BOARD_WAIT_STATES);
    /* Beyond 80 MHz the switch is made at half the speed, and the rest a microsecond later. */
    tr_mmio_write(RCC_CFGR, CFGR_HPRE_2 | CFGR_SW_PLL);
    tr_mmio_wait(RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL);
    for (uint32_t i = 0; i < PAUSE; i++) {
        (void)tr_mmio_read(RCC_CFGR);
    }
    tr_mmio_field(RCC_CFGR, CFGR_HPRE, 0);
}

void tr_clock_slow_start(void)
{
    tr_mmio_set(RCC_APB1ENR1, APB1ENR1_TIM2);
    (void)tr_mmio_read(RCC_APB1ENR1);
    tr_slow_timer_start(TR_TIM2);
}

uint32_t tr_clock_slow_count(void)
{
    return tr_slow_timer_count(TR_TIM2);
}

uint32_t tr_clock_slow_period(void)
{
    return 1UL << 16;
}
