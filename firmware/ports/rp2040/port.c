/* RP2040 (its datasheet): crystal and PLL, console on a UART (an Arm PL011), cycles from two
 * counters. The second core stays in the boot ROM. */
#include "tr_port.h"

#include "tr_board.h"
#include "tr_mmio.h"
#include "tr_proto.h"

#define RESETS_RESET 0x4000C000UL
#define RESETS_DONE 0x4000C008UL
#define RESET_IO_BANK0 (1UL << 5)
#define RESET_PADS_BANK0 (1UL << 8)
#define RESET_PLL_SYS (1UL << 12)
#define RESET_TIMER (1UL << 21)
#define RESET_UART (1UL << (22UL + (TR_BOARD_CONSOLE_BASE >> 14 & 3UL) - 1UL))

#define CLK_REF_CTRL 0x40008030UL
#define CLK_REF_SELECTED 0x40008038UL
#define CLK_SYS_CTRL 0x4000803CUL
#define CLK_SYS_DIV 0x40008040UL
#define CLK_SYS_SELECTED 0x40008044UL
#define CLK_PERI_CTRL 0x40008048UL
#define CLK_RESUS_CTRL 0x40008078UL
#define DIVIDER_1 0x100UL

#define XOSC_CTRL 0x40024000UL
#define XOSC_STATUS 0x40024004UL
#define XOSC_STARTUP 0x4002400CUL

#define PLL_CS 0x40028000UL
#define PLL_PWR 0x40028004UL
#define PLL_FBDIV 0x40028008UL
#define PLL_PRIM 0x4002800CUL

#define PAD(pin) (0x4001C004UL + 4UL * (pin))
#define PAD_ON 0x52UL /* input on, Schmitt trigger, 4 mA */
#define GPIO_CTRL(pin) (0x40014004UL + 8UL * (pin))
#define SIO_OUT_SET 0xD0000014UL
#define SIO_OUT_CLR 0xD0000018UL
#define SIO_OE_SET 0xD0000024UL

#define SYST_CSR 0xE000E010UL
#define SYST_RVR 0xE000E014UL
#define SYST_CVR 0xE000E018UL
#define SYST_ON 5UL /* the core's clock, no interrupt */
#define TIMER_TIMELW 0x40054004UL
#define TIMER_TIMEHW 0x40054000UL
#define TIMER_RAWH 0x40054024UL
#define TIMER_RAWL 0x40054028UL
#define WATCHDOG_TICK 0x4005802CUL
#define TICK_ON (1UL << 9)
#define FINE 0xFFFFFFUL

#include "tr_rp2.h"

static void start_counter(void)
{
    leave_reset(RESET_TIMER);
    tr_mmio_write(WATCHDOG_TICK, TICK_ON | TR_BOARD_PLL_INPUT_HZ / MHZ); /* a microsecond */
    tr_mmio_write(SYST_RVR, FINE);
    tr_mmio_write(SYST_CSR, SYST_ON);
    tr_mmio_write(TIMER_TIMELW, 0);
    tr_mmio_write(TIMER_TIMEHW, 0);
    tr_mmio_write(SYST_CVR, 0); /* whatever is written: it starts from SYST_RVR */
}

void tr_port_start(void)
{
    start_clock();
    start_console();
    start_counter();
    tr_port_led(true);
}

void tr_port_led(bool lit)
{
#ifdef TR_BOARD_LED_PIN
    leave_reset(RESET_IO_BANK0 | RESET_PADS_BANK0);
    tr_mmio_write(lit == TR_BOARD_LED_LEVEL ? SIO_OUT_SET : SIO_OUT_CLR, 1UL << TR_BOARD_LED_PIN);
    tr_mmio_write(SIO_OE_SET, 1UL << TR_BOARD_LED_PIN);
    tr_mmio_write(GPIO_CTRL(TR_BOARD_LED_PIN), FUNCTION_SIO);
#else
    (void)lit;
#endif
}

int32_t tr_port_read(void)
{
    tr_mmio_wait(FR, FR_RXFE, 0);
    return (int32_t)(tr_mmio_read(DR) & 0xFFU);
}

void tr_port_write(const uint8_t *data, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        tr_mmio_wait(FR, FR_TXFF, 0);
        tr_mmio_write(DR, data[i]);
    }
}

void tr_port_flush(void)
{
    tr_mmio_wait(FR, FR_BUSY, 0);
}

uint32_t tr_port_counter(void)
{
    return TR_BOARD_COUNTER;
}

/* SysTick counts cycles, but 24 bits of them end after an eighth of a second; the timer counts
 * microseconds, of which each has the same number of cycles, since one crystal makes both. So the
 * timer says which of SysTick's turns it is: the two are never more than a few hundred cycles, the
 * time between the readings, from each other. */
uint32_t tr_port_count(void)
{
    const uint32_t coarse = tr_mmio_read(TIMER_RAWL) * (TR_BOARD_CLOCK_HZ / MHZ);
    const uint32_t fine = FINE - tr_mmio_read(SYST_CVR);
    const uint32_t ahead = (fine - coarse) & FINE;
    return coarse + ahead - (ahead > FINE / 2UL ? FINE + 1UL : 0UL);
}

uint32_t tr_port_slow_count(void)
{
    for (;;) {
        const uint32_t high = tr_mmio_read(TIMER_RAWH);
        const uint32_t low = tr_mmio_read(TIMER_RAWL);
        if (tr_mmio_read(TIMER_RAWH) == high) {
            return high << 16 | low >> 16;
        }
    }
}

uint32_t tr_port_slow_period(void)
{
    return (TR_BOARD_CLOCK_HZ / MHZ) << 16;
}

uint32_t tr_port_count_empty(void)
{
    const uint32_t start = tr_port_count();
    return tr_port_count() - start;
}
