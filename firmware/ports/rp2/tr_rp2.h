/* What the RP2040 and the RP2350 do alike (their datasheets): crystal, PLL, pins and a UART, an Arm
 * PL011. The port that includes this has said where its registers are, and which blocks' resets are
 * which bits. */
#ifndef TR_RP2_H
#define TR_RP2_H

#include "tr_board.h"
#include "tr_mmio.h"

#define CLK_REF_SRC 3UL
#define CLK_REF_XOSC 2UL
#define CLK_SYS_SRC 1UL
#define CLK_SYS_AUX 1UL
#define CLK_SYS_AUXSRC (7UL << 5)   /* 0: the PLL */
#define CLK_PERI_ENABLE (1UL << 11) /* its source 0: the core's clock */

#define XOSC_1_15MHZ 0xAA0UL
#define XOSC_ENABLE (0xFABUL << 12)
#define XOSC_STABLE (1UL << 31)
/* In 256 periods of the crystal: some 64 ms, since there are boards whose crystals need far more
 * than the datasheet's millisecond. */
#define XOSC_DELAY (TR_BOARD_PLL_INPUT_HZ / 1000UL / 256UL * 64UL)

#define PLL_LOCK (1UL << 31)
#define PLL_POWER (1UL << 5 | 1UL << 0) /* VCOPD, PD */
#define PLL_POSTDIVPD (1UL << 3)
/* Two dividers of 1 to 7, the larger one first. */
#define SECOND (TR_BOARD_PLL_DIVIDER <= 7UL ? 1UL : TR_BOARD_PLL_DIVIDER <= 14UL ? 2UL : 3UL)
#define FIRST (TR_BOARD_PLL_DIVIDER / SECOND)
#if TR_BOARD_PLL_DIVIDER > 7UL && TR_BOARD_PLL_DIVIDER % 2UL != 0
#error "the two dividers behind the PLL do not make this one"
#endif

#define PAD_PULL_UP (1UL << 3)
#define FUNCTION_UART 2UL
#define FUNCTION_SIO 5UL

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

#define MHZ 1000000UL
#if TR_BOARD_CLOCK_HZ % MHZ != 0 || TR_BOARD_PLL_INPUT_HZ % MHZ != 0
#error "a microsecond is no whole number of cycles"
#endif

static inline void leave_reset(uint32_t blocks)
{
    tr_mmio_field(RESETS_RESET, blocks, 0);
    tr_mmio_wait(RESETS_DONE, blocks, blocks);
}

static inline void start_clock(void)
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

static inline void start_console(void)
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

#endif
