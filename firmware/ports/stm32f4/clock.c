/* STM32F4 (RM0090) on the clock that it resets to (HSI), as QEMU's netduinoplus2 has it: its RCC
 * ignores writes, and under `-icount shift=0` TIM2 advances by one for each executed instruction. */
#include "tr_clock.h"

#include "tr_mmio.h"
#include "tr_slow_timer.h"

#define RCC_APB1ENR 0x40023840UL
#define APB1ENR_TIM2 (1UL << 0)
#define APB1ENR_TIM5 (1UL << 3)

void tr_clock_start(void)
{
    tr_mmio_set(RCC_APB1ENR, APB1ENR_TIM2);
}

void tr_clock_slow_start(void)
{
    tr_mmio_set(RCC_APB1ENR, APB1ENR_TIM5);
    (void)tr_mmio_read(RCC_APB1ENR);
    tr_slow_timer_start(TR_TIM5);
}

uint32_t tr_clock_slow_count(void)
{
    return tr_slow_timer_count(TR_TIM5);
}

uint32_t tr_clock_slow_period(void)
{
    return 1UL << 16;
}
