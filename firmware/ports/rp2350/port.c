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
#define CLK_REF_SRC 3UL
#define CLK_REF_XOSC 2UL
#define CLK_SYS_CTRL 0x4001003CUL
#define CLK_SYS_DIV 0x40010040UL
#define CLK_SYS_SELECTED 0x40010044UL
#define CLK_SYS_SRC 1UL
#define CLK_SYS_AUX 1UL
#define CLK_SYS_AUXSRC (7UL << 5) /* 0: the PLL */
#define CLK_PERI_CTRL 0x40010048UL
#define CLK_PERI_ENABLE (1UL << 11) /* its source 0: the core's clock */
#define CLK_RESUS_CTRL 0x40010084UL
#define DIVIDER_1 0x10000UL

#define XOSC_CTRL 0x40048000UL
#define XOSC_STATUS 0x40048004UL
#define XOSC_STARTUP 0x4004800CUL
#define XOSC_1_15MHZ 0xAA0UL
#define XOSC_ENABLE (0xFABUL << 12)
#define XOSC_STABLE (1UL << 31)
/* In 256 periods of the crystal: some 64 ms, since there are boards whose crystals need far more
 * than the datasheet's millisecond. */
#define XOSC_DELAY (TR_BOARD_PLL_INPUT_HZ / 1000UL / 256UL * 64UL)

#define PLL_CS 0x40050000UL
#define PLL_PWR 0x40050004UL
#define PLL_FBDIV 0x40050008UL
#define PLL_PRIM 0x4005000CUL
#define PLL_LOCK (1UL << 31)
#define PLL_POWER (1UL << 5 | 1UL << 0) /* VCOPD, PD */
#define PLL_POSTDIVPD (1UL << 3)
/* Two dividers of 1 to 7, the larger one first. */
#define SECOND (TR_BOARD_PLL_DIVIDER <= 7UL ? 1UL : TR_BOARD_PLL_DIVIDER <= 14UL ? 2UL : 3UL)
#define FIRST (TR_BOARD_PLL_DIVIDER / SECOND)
#if TR_BOARD_PLL_DIVIDER > 7UL && TR_BOARD_PLL_DIVIDER % 2UL != 0
#error "the two dividers behind the PLL do not make this one"
#endif

#define PAD(pin) (0x40038004UL + 4UL * (pin))
#define PAD_ON 0x52UL /* input on, Schmitt trigger, 4 mA; its isolation (bit 8) ends */
#define PAD_PULL_UP (1UL << 3)
#define GPIO_CTRL(pin) (0x40028004UL + 8UL * (pin))
#define FUNCTION_UART 2UL
#define FUNCTION_SIO 5UL
#define SIO_OUT_SET 0xD0000018UL
#define SIO_OUT_CLR 0xD0000020UL
#define SIO_OE_SET 0xD0000038UL

#define UART(offset) (TR_BOARD_CONSOLE_BASE + (offset))
#define DR UART(0x00UL)
#define FR UART(0x18UL)
#define IBRD UART(0x24UL)
#define FBRD UART(0x28UL)
#define LCR_H UART(0x2CUL)
#define CR UART(0x30UL)
#define FR_BUSY (1UL << 3)
#define FR_RXFE (1UL << 4)
#define FR_TXFF (1UL << 5)
#define LCR_8_BITS_FIFOS (3UL << 5 | 1UL << 4)
#define CR_ON (1UL << 9 | 1UL << 8 | 1UL << 0) /* RXE, TXE, UARTEN */
/* In 64ths: the clock / (16 * baud rate). */
#define BAUD_64                                                                                    \
    ((4UL * TR_BOARD_CONSOLE_CLOCK_HZ + TR_BOARD_CONSOLE_BAUD / 2UL) / TR_BOARD_CONSOLE_BAUD)

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
#define MHZ 1000000UL
#if TR_BOARD_CLOCK_HZ % MHZ != 0 || TR_BOARD_PLL_INPUT_HZ % MHZ != 0
#error "a microsecond is no whole number of cycles"
#endif

static void leave_reset(uint32_t blocks)
{
    tr_mmio_field(RESETS_RESET, blocks, 0);
    tr_mmio_wait(RESETS_DONE, blocks, blocks);
}

static void start_clock(void)
{
    tr_mmio_write(CLK_RESUS_CTRL, 0);
    tr_mmio_write(XOSC_CTRL, XOSC_1_15MHZ);
    tr_mmio_write(XOSC_STARTUP, XOSC_DELAY);
    tr_mmio_write(XOSC_CTRL, XOSC_ENABLE | XOSC_1_15MHZ);
    tr_mmio_wait(XOSC_STATUS, XOSC_STABLE, XOSC_STABLE);
    /* Off the PLL, on which a debugger's reset may have left the core, before it stops. */
    tr_mmio_field(CLK_SYS_CTRL, CLK_SYS_SRC, 0);
    tr_mmio_wait(CLK_SYS_SELECTED, 1UL, 1UL);
    tr_mmio_field(CLK_REF_CTRL, CLK_REF_SRC, CLK_REF_XOSC);
    tr_mmio_wait(CLK_REF_SELECTED, 1UL << CLK_REF_XOSC, 1UL << CLK_REF_XOSC);
    tr_mmio_set(RESETS_RESET, RESET_PLL_SYS);
    leave_reset(RESET_PLL_SYS);
    tr_mmio_write(PLL_CS, TR_BOARD_PLL_M);
    tr_mmio_write(PLL_FBDIV, TR_BOARD_PLL_N);
    tr_mmio_field(PLL_PWR, PLL_POWER, 0);
    tr_mmio_wait(PLL_CS, PLL_LOCK, PLL_LOCK);
    tr_mmio_write(PLL_PRIM, FIRST << 16 | SECOND << 12);
    tr_mmio_field(PLL_PWR, PLL_POSTDIVPD, 0);
    tr_mmio_write(CLK_SYS_DIV, DIVIDER_1);
    tr_mmio_field(CLK_SYS_CTRL, CLK_SYS_AUXSRC, 0);
    tr_mmio_field(CLK_SYS_CTRL, CLK_SYS_SRC, CLK_SYS_AUX);
    tr_mmio_wait(CLK_SYS_SELECTED, 1UL << CLK_SYS_AUX, 1UL << CLK_SYS_AUX);
    tr_mmio_write(CLK_PERI_CTRL, CLK_PERI_ENABLE);
}

static void start_console(void)
{
    tr_mmio_set(RESETS_RESET, RESET_UART);
    leave_reset(RESET_UART | RESET_IO_BANK0 | RESET_PADS_BANK0);
    tr_mmio_write(IBRD, BAUD_64 >> 6);
    tr_mmio_write(FBRD, BAUD_64 & 0x3FUL);
    tr_mmio_write(LCR_H, LCR_8_BITS_FIFOS); /* takes the divisors over */
    tr_mmio_write(CR, CR_ON);
    tr_mmio_write(PAD(TR_BOARD_CONSOLE_TX_PIN), PAD_ON);
    tr_mmio_write(GPIO_CTRL(TR_BOARD_CONSOLE_TX_PIN), FUNCTION_UART);
    /* Pulled up: a line that nobody drives idles, and is not read as a stream of zeros. */
    tr_mmio_write(PAD(TR_BOARD_CONSOLE_RX_PIN), PAD_ON | PAD_PULL_UP);
    tr_mmio_write(GPIO_CTRL(TR_BOARD_CONSOLE_RX_PIN), FUNCTION_UART);
}

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
