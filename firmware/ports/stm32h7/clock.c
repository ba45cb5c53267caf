/* STM32H7 with one core (RM0433 for H743, RM0468 for H735): HSE through PLL1, both caches on.
 *
 * The core's supply can be written once after power-on, and a wrong one stops the part for good
 * (until the power goes): the board file says how the board is wired. */
#include "tr_clock.h"

#include "tr_board.h"
#include "tr_m7_caches.h"
#include "tr_mmio.h"
#include "tr_slow_timer.h"

#define PWR_CSR1 0x58024804UL
#define PWR_CR3 0x5802480CUL
#define PWR_D3CR 0x58024818UL
#define RCC_CR 0x58024400UL
#define RCC_CFGR 0x58024410UL
#define RCC_D1CFGR 0x58024418UL
#define RCC_D2CFGR 0x5802441CUL
#define RCC_D3CFGR 0x58024420UL
#define RCC_PLLCKSELR 0x58024428UL
#define RCC_PLLCFGR 0x5802442CUL
#define RCC_PLL1DIVR 0x58024430UL
#define RCC_APB1LENR 0x580244E8UL
#define RCC_APB4ENR 0x580244F4UL
#define SYSCFG_PWRCR 0x5800042CUL
#define FLASH_ACR 0x52002000UL

#define CR3_LDOEN (1UL << 1)
#define CR3_SMPSEN (1UL << 2) /* parts without the converter: SCUEN, set by power-on alone */
#define CSR1_ACTVOSRDY (1UL << 13)
#define D3CR_VOS (3UL << 14)
#define D3CR_VOSRDY (1UL << 13)
#define APB1LENR_TIM2 (1UL << 0)
#define APB4ENR_SYSCFG (1UL << 1)
#define PWRCR_ODEN 1UL
#define CR_HSEON (1UL << 16)
#define CR_HSERDY (1UL << 17)
#define CR_HSEBYP (1UL << 18)
#define CR_PLL1ON (1UL << 24)
#define CR_PLL1RDY (1UL << 25)
#define PLLCKSELR_HSE 2UL
#define PLLCFGR_DIVP1EN (1UL << 16)
#define CFGR_SW (7UL << 0)
#define CFGR_SW_PLL1 3UL
#define CFGR_SWS (7UL << 3)
#define CFGR_SWS_PLL1 (3UL << 3)
#define D1CFGR_HPRE_2 8UL
#define D1CFGR_D1PPRE_2 (4UL << 4)
#define D2CFGR_BOTH_2 (4UL << 8 | 4UL << 4)
#define D3CFGR_D3PPRE_2 (4UL << 4)
/* FLASH_ACR.WRHIGHFREQ goes with the wait states (RM0433 and RM0468, "FLASH recommended
 * number of wait states and programming delay"): 2 has 2, 3 has 3 (H735), 4 has 2 (H743). */
#define ACR_WRHIGHFREQ ((TR_BOARD_WAIT_STATES == 4UL ? 2UL : TR_BOARD_WAIT_STATES) << 4)
#define ACR_BOTH 0x3FUL

/* VOS: scales 3 to 1 are 1 to 3; scale 0 is 0, on parts that have it there. */
#define VOS ((TR_BOARD_VOLTAGE_SCALE == 0UL ? 0UL : 4UL - TR_BOARD_VOLTAGE_SCALE) << 14)

/* PLL1RGE: 0 to 3 for an input of 1-2, 2-4, 4-8, 8-16 MHz. */
#define INPUT (TR_BOARD_PLL_INPUT_HZ / TR_BOARD_PLL_M)
#define PLL1RGE                                                                                    \
    ((INPUT >= 8000000UL ? 3UL : INPUT >= 4000000UL ? 2UL : INPUT >= 2000000UL ? 1UL : 0UL) << 2)

void tr_clock_start(void)
{
#ifdef TR_BOARD_SUPPLY_SMPS
    tr_mmio_field(PWR_CR3, CR3_LDOEN | CR3_SMPSEN | 1UL, CR3_SMPSEN);
#else
    tr_mmio_field(PWR_CR3, CR3_LDOEN | CR3_SMPSEN | 1UL, CR3_LDOEN);
#endif
    tr_mmio_wait(PWR_CSR1, CSR1_ACTVOSRDY, CSR1_ACTVOSRDY);
    tr_mmio_field(PWR_D3CR, D3CR_VOS, VOS);
    tr_mmio_wait(PWR_D3CR, D3CR_VOSRDY, D3CR_VOSRDY);
#ifdef TR_BOARD_OVERDRIVE /* H742, H743, H753, H750: how they go from scale 1 to scale 0 */
    tr_mmio_set(RCC_APB4ENR, APB4ENR_SYSCFG);
    (void)tr_mmio_read(RCC_APB4ENR);
    tr_mmio_set(SYSCFG_PWRCR, PWRCR_ODEN);
    tr_mmio_wait(PWR_D3CR, D3CR_VOSRDY, D3CR_VOSRDY);
#endif
#ifdef TR_BOARD_PLL_HSE_BYPASS
    tr_mmio_set(RCC_CR, CR_HSEBYP);
#endif
    tr_mmio_set(RCC_CR, CR_HSEON);
    tr_mmio_wait(RCC_CR, CR_HSERDY, CR_HSERDY);
    tr_mmio_write(RCC_PLLCKSELR, TR_BOARD_PLL_M << 4 | PLLCKSELR_HSE);
    tr_mmio_write(RCC_PLLCFGR, PLLCFGR_DIVP1EN | PLL1RGE);
    /* Q and R, which are off, at 2. */
    tr_mmio_write(RCC_PLL1DIVR, 1UL << 24 | 1UL << 16 | (TR_BOARD_PLL_DIVIDER - 1UL) << 9 |
                                    (TR_BOARD_PLL_N - 1UL));
    tr_mmio_set(RCC_CR, CR_PLL1ON);
    tr_mmio_wait(RCC_CR, CR_PLL1RDY, CR_PLL1RDY);
    tr_mmio_write(FLASH_ACR, ACR_WRHIGHFREQ | TR_BOARD_WAIT_STATES);
    tr_mmio_wait(FLASH_ACR, ACR_BOTH, ACR_WRHIGHFREQ | TR_BOARD_WAIT_STATES);
    /* The buses first: AXI and AHB at half the core's clock, each APB at a quarter. */
    tr_mmio_write(RCC_D1CFGR, D1CFGR_D1PPRE_2 | D1CFGR_HPRE_2);
    tr_mmio_write(RCC_D2CFGR, D2CFGR_BOTH_2);
    tr_mmio_write(RCC_D3CFGR, D3CFGR_D3PPRE_2);
    tr_mmio_field(RCC_CFGR, CFGR_SW, CFGR_SW_PLL1);
    tr_mmio_wait(RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL1);
    tr_m7_caches_start();
}

void tr_clock_slow_start(void)
{
    tr_mmio_set(RCC_APB1LENR, APB1LENR_TIM2);
    (void)tr_mmio_read(RCC_APB1LENR);
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
