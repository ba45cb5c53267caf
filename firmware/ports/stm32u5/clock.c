/* STM32U5 (RM0456) with TrustZone off, as the parts come: HSI16 through PLL1, range 1 with the
 * booster, instruction cache on. */
#include "tr_clock.h"

#include "tr_board.h"
#include "tr_mmio.h"
#include "tr_slow_timer.h"

#define RCC_CR 0x46020C00UL
#define RCC_CFGR1 0x46020C1CUL
#define RCC_PLL1CFGR 0x46020C28UL
#define RCC_PLL1DIVR 0x46020C34UL
#define RCC_AHB3ENR 0x46020C94UL
#define RCC_APB1ENR1 0x46020C9CUL
#define PWR_VOSR 0x4602080CUL
#define FLASH_ACR 0x40022000UL
#define ICACHE_CR 0x40030400UL

#define CR_HSION (1UL << 8)
#define CR_HSIRDY (1UL << 10)
#define CR_PLL1ON (1UL << 24)
#define CR_PLL1RDY (1UL << 25)
#define PLL1CFGR_HSI16 2UL
#define PLL1CFGR_RGE_8_16 (3UL << 2)  /* else 4 to 8 MHz */
#define PLL1CFGR_MBOOST_2 (1UL << 12) /* the booster wants 4 to 16 MHz: it gets 8 */
#define PLL1CFGR_REN (1UL << 18)
#define CFGR1_SW (3UL << 0)
#define CFGR1_SW_PLL1 3UL
#define CFGR1_SWS (3UL << 2)
#define CFGR1_SWS_PLL1 (3UL << 2)
#define AHB3ENR_PWR (1UL << 2)
#define APB1ENR1_TIM2 (1UL << 0)
#define VOSR_BOOSTRDY (1UL << 14)
#define VOSR_VOSRDY (1UL << 15)
#define VOSR_VOS_RANGE1 (3UL << 16)
#define VOSR_BOOSTEN (1UL << 18)
#define ACR_LATENCY 0xFUL
#define ACR_PRFTEN (1UL << 8)

#define INPUT (TR_BOARD_PLL_INPUT_HZ / TR_BOARD_PLL_M)

void tr_clock_start(void)
{
    tr_mmio_set(RCC_AHB3ENR, AHB3ENR_PWR);
    (void)tr_mmio_read(RCC_AHB3ENR);
    tr_mmio_set(RCC_CR, CR_HSION);
    tr_mmio_wait(RCC_CR, CR_HSIRDY, CR_HSIRDY);
    /* The booster's clock is chosen here, before the booster is switched on. */
    tr_mmio_write(RCC_PLL1CFGR, PLL1CFGR_REN | PLL1CFGR_MBOOST_2 | (TR_BOARD_PLL_M - 1UL) << 8 |
                                    (INPUT > 8000000UL ? PLL1CFGR_RGE_8_16 : 0UL) | PLL1CFGR_HSI16);
    /* P and Q, which are off, at 2. */
    tr_mmio_write(RCC_PLL1DIVR, (TR_BOARD_PLL_DIVIDER - 1UL) << 24 | 1UL << 16 | 1UL << 9 |
                                    (TR_BOARD_PLL_N - 1UL));
    tr_mmio_set(PWR_VOSR, VOSR_VOS_RANGE1);
    tr_mmio_wait(PWR_VOSR, VOSR_VOSRDY, VOSR_VOSRDY);
    tr_mmio_set(PWR_VOSR, VOSR_BOOSTEN);
    tr_mmio_wait(PWR_VOSR, VOSR_BOOSTRDY, VOSR_BOOSTRDY);
    tr_mmio_set(RCC_CR, CR_PLL1ON);
    tr_mmio_wait(RCC_CR, CR_PLL1RDY, CR_PLL1RDY);
    tr_mmio_write(FLASH_ACR, ACR_PRFTEN | TR_BOARD_WAIT_STATES);
    tr_mmio_wait(FLASH_ACR, ACR_LATENCY, TR_BOARD_WAIT_STATES);
    tr_mmio_field(RCC_CFGR1, CFGR1_SW, CFGR1_SW_PLL1);
    tr_mmio_wait(RCC_CFGR1, CFGR1_SWS, CFGR1_SWS_PLL1);
    tr_mmio_set(ICACHE_CR, 1UL);
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
