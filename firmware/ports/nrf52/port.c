/* nRF52840 (its Product Specification): crystal, instruction cache, console on the UART.
 *
 * The UART and not the UARTE: six received bytes wait in it while the core computes, and a byte
 * stream that is read one by one gains nothing from DMA. */
#include "tr_port.h"

#include "tr_board.h"
#include "tr_mmio.h"
#include "tr_proto.h"

#define CLOCK_HFCLKSTART 0x40000000UL
#define CLOCK_HFCLKSTARTED 0x40000100UL
#define NVMC_ICACHECNF 0x4001E540UL
#define ICACHECNF_CACHEEN 1UL

#define APPROTECT_DISABLE 0x40000558UL
#define UICR_APPROTECT 0x10001208UL
#define FICR_REVISION 0x10000134UL /* from 5 on, silicon revision 3 */

#define GPIO(port, offset) (0x50000000UL + 0x300UL * (port) + (offset))
#define OUTSET 0x508UL
#define OUTCLR 0x50CUL
#define PIN_CNF(pin) (0x700UL + 4UL * (pin))
#define CNF_OUTPUT 3UL         /* DIR; the input buffer stays off */
#define CNF_INPUT_PULLUP 0xCUL /* a line that nobody drives idles */
#define PSEL(port, pin) ((port) << 5 | (pin))

#define UART(offset) (TR_BOARD_CONSOLE_BASE + (offset))
#define STARTRX UART(0x000UL)
#define STARTTX UART(0x008UL)
#define RXDRDY UART(0x108UL)
#define TXDRDY UART(0x11CUL)
#define ENABLE UART(0x500UL)
#define ENABLE_UART 4UL
#define PSELTXD UART(0x50CUL)
#define PSELRXD UART(0x514UL)
#define RXD UART(0x518UL)
#define TXD UART(0x51CUL)
#define BAUDRATE UART(0x524UL)

/* Its upper 20 bits count: the baud rate in steps of the UART's clock / 2^20. */
#define RATE                                                                                       \
    ((uint32_t)(((uint64_t)TR_BOARD_CONSOLE_BAUD << 32) / TR_BOARD_CONSOLE_CLOCK_HZ + 0x800U) &    \
     0xFFFFF000UL)

#define DEMCR 0xE000EDFCUL
#define DEMCR_TRCENA (1UL << 24)
#define DWT_CTRL 0xE0001000UL
#define DWT_CYCCNT 0xE0001004UL

/* TIMER0: the 16 MHz of the same crystal, divided by 512. */
#define TIMER_START 0x40008000UL
#define TIMER_CAPTURE 0x40008040UL
#define TIMER_BITMODE 0x40008508UL
#define TIMER_BITMODE_32 3UL
#define TIMER_PRESCALER 0x40008510UL
#define TIMER_CC 0x40008540UL
#define TIMER_HZ 31250UL

/* From revision 3 on the debug port closes at a reset unless firmware opens it: what the user's
 * registers say counts, as it did before. Without this a board could be programmed once. */
static void keep_debug_port(void)
{
    if (tr_mmio_read(FICR_REVISION) >= 5UL) {
        tr_mmio_write(APPROTECT_DISABLE, tr_mmio_read(UICR_APPROTECT));
    }
}

static void start_clock(void)
{
    /* The core runs at 64 MHz from reset, on an oscillator too coarse for a UART. */
    tr_mmio_write(CLOCK_HFCLKSTARTED, 0);
    tr_mmio_write(CLOCK_HFCLKSTART, 1UL);
    tr_mmio_wait(CLOCK_HFCLKSTARTED, 1UL, 1UL);
    tr_mmio_set(NVMC_ICACHECNF, ICACHECNF_CACHEEN);
}

static void start_console(void)
{
    const uint32_t tx = TR_BOARD_CONSOLE_TX_PIN;
    const uint32_t rx = TR_BOARD_CONSOLE_RX_PIN;
    tr_mmio_write(GPIO(TR_BOARD_CONSOLE_TX_PORT, OUTSET), 1UL << tx);
    tr_mmio_write(GPIO(TR_BOARD_CONSOLE_TX_PORT, PIN_CNF(tx)), CNF_OUTPUT);
    tr_mmio_write(GPIO(TR_BOARD_CONSOLE_RX_PORT, PIN_CNF(rx)), CNF_INPUT_PULLUP);
    tr_mmio_write(PSELTXD, PSEL(TR_BOARD_CONSOLE_TX_PORT, tx));
    tr_mmio_write(PSELRXD, PSEL(TR_BOARD_CONSOLE_RX_PORT, rx));
    tr_mmio_write(BAUDRATE, RATE);
    tr_mmio_write(ENABLE, ENABLE_UART);
    tr_mmio_write(STARTRX, 1UL);
    tr_mmio_write(STARTTX, 1UL);
}

static void start_counter(void)
{
    tr_mmio_set(DEMCR, DEMCR_TRCENA);
    tr_mmio_write(DWT_CYCCNT, 0);
    tr_mmio_set(DWT_CTRL, 1UL);
    tr_mmio_write(TIMER_BITMODE, TIMER_BITMODE_32);
    tr_mmio_write(TIMER_PRESCALER, 9UL);
    tr_mmio_write(TIMER_START, 1UL);
}

void tr_port_start(void)
{
    keep_debug_port();
    start_clock();
    start_console();
    start_counter();
    tr_port_led(true);
}

void tr_port_led(bool lit)
{
#ifdef TR_BOARD_LED_PIN
    const uint32_t pin = TR_BOARD_LED_PIN;
    tr_mmio_write(GPIO(TR_BOARD_LED_PORT, lit == TR_BOARD_LED_LEVEL ? OUTSET : OUTCLR), 1UL << pin);
    tr_mmio_write(GPIO(TR_BOARD_LED_PORT, PIN_CNF(pin)), CNF_OUTPUT);
#else
    (void)lit;
#endif
}

int32_t tr_port_read(void)
{
    tr_mmio_wait(RXDRDY, 1UL, 1UL);
    /* Before the byte is taken: taking it brings up the next one, and its event. */
    tr_mmio_write(RXDRDY, 0);
    return (int32_t)(tr_mmio_read(RXD) & 0xFFU);
}

void tr_port_write(const uint8_t *data, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        tr_mmio_write(TXDRDY, 0);
        tr_mmio_write(TXD, data[i]);
        tr_mmio_wait(TXDRDY, 1UL, 1UL);
    }
}

/* Each byte was waited for. */
void tr_port_flush(void) {}

uint32_t tr_port_counter(void)
{
    return TR_BOARD_COUNTER;
}

uint32_t tr_port_count(void)
{
    return tr_mmio_read(DWT_CYCCNT);
}

uint32_t tr_port_slow_count(void)
{
    tr_mmio_write(TIMER_CAPTURE, 1UL);
    return tr_mmio_read(TIMER_CC);
}

uint32_t tr_port_slow_period(void)
{
    return TR_BOARD_CLOCK_HZ / TIMER_HZ;
}

uint32_t tr_port_count_empty(void)
{
    const uint32_t start = tr_port_count();
    return tr_port_count() - start;
}
