/* RP2350 (its datasheet), a Cortex-M33: crystal and PLL, console on a UART (an Arm PL011), cycles
 * from the core's counter. The second core stays in the boot ROM, which has set the flash up
 * before it starts this. */
#include "tr_port.h"

#include "tr_board.h"
#include "tr_mmio.h"
#include "tr_proto.h"

#define RESETS_RESET 0x40020000UL
#define RESETS_DONE 0x40020008UL
#define RESET_IO_BANK0 (1UL << 6)
#define RESET_PADS_BANK0 (1UL << 9)
#define RESET_PLL_SYS (1UL << 14)
#define RESET_TIMER0 (1UL << 23)
#define RESET_UART (1UL << (26UL + (TR_BOARD_CONSOLE_BASE >> 15 & 1UL)))

#define CLK_REF_CTRL 0x40010030UL
#define CLK_REF_SELECTED 0x40010038UL
#define CLK_SYS_CTRL 0x4001003CUL
#define CLK_SYS_DIV 0x40010040UL
#define CLK_SYS_SELECTED 0x40010044UL
#define CLK_PERI_CTRL 0x40010048UL
#define CLK_RESUS_CTRL 0x40010084UL
#define DIVIDER_1 0x10000UL

#define XOSC_CTRL 0x40048000UL
#define XOSC_STATUS 0x40048004UL
#define XOSC_STARTUP 0x4004800CUL

#define PLL_CS 0x40050000UL
#define PLL_PWR 0x40050004UL
#define PLL_FBDIV 0x40050008UL
#define PLL_PRIM 0x4005000CUL

#define PAD(pin) (0x40038004UL + 4UL * (pin))
#define PAD_ON 0x52UL /* input on, Schmitt trigger, 4 mA; its isolation (bit 8) ends */
#define GPIO_CTRL(pin) (0x40028004UL + 8UL * (pin))
#define SIO_OUT_SET 0xD0000018UL
#define SIO_OUT_CLR 0xD0000020UL
#define SIO_OE_SET 0xD0000038UL

#define DEMCR 0xE000EDFCUL
#define DEMCR_TRCENA (1UL << 24)
#define DWT_CTRL 0xE0001000UL
#define DWT_CYCCNT 0xE0001004UL

#define TICKS_TIMER0_CTRL 0x40108018UL
#define TICKS_TIMER0_CYCLES 0x4010801CUL
#define TICK_ON 1UL
#define TIMER_TIMEHW 0x400B0000UL
#define TIMER_TIMELW 0x400B0004UL
#define TIMER_RAWH 0x400B0024UL
#define TIMER_RAWL 0x400B0028UL

#include "tr_rp2.h"

static void start_counter(void)
{
    leave_reset(RESET_TIMER0);
    tr_mmio_write(TICKS_TIMER0_CYCLES, TR_BOARD_PLL_INPUT_HZ / MHZ); /* a microsecond */
    tr_mmio_write(TICKS_TIMER0_CTRL, TICK_ON);
    tr_mmio_set(DEMCR, DEMCR_TRCENA);
    tr_mmio_write(TIMER_TIMELW, 0);
    tr_mmio_write(TIMER_TIMEHW, 0);
    tr_mmio_write(DWT_CYCCNT, 0);
    tr_mmio_set(DWT_CTRL, 1UL);
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
    tr_mmio_write(PAD(TR_BOARD_LED_PIN), PAD_ON);
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

uint32_t tr_port_count(void)
{
    return tr_mmio_read(DWT_CYCCNT);
}

/* Of the timer's microseconds, which the same crystal makes. */
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
