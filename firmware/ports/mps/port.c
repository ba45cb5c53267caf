/* Arm's FPGA boards MPS2 and MPS3 (application notes AN385, AN386, AN500, AN505, AN547): console
 * on a CMSDK UART, polled; the counter of the FPGA's I/O block.
 *
 * Under QEMU's `-icount shift=0` that counter ticks once in TR_BOARD_COUNTER_PERIOD (P)
 * instructions. Hermite's identity makes it exact: sum of floor((t + i) / P) for i in [0, P) is
 * t. So P readings at P consecutive residues of time add up to the number of instructions
 * executed, plus a constant that differences do not have. Readings are 7 instructions apart,
 * which runs through all residues where P is no multiple of 7. */
#include "tr_board.h"
#include "tr_port.h"
#include "tr_proto.h"

#if TR_BOARD_COUNTER_PERIOD % 7UL == 0
#error "readings that are 7 instructions apart do not meet every residue of this period"
#endif

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define UART_DATA REGISTER(TR_BOARD_CONSOLE_BASE + 0x00UL)
#define UART_STATE REGISTER(TR_BOARD_CONSOLE_BASE + 0x04UL)
#define UART_CTRL REGISTER(TR_BOARD_CONSOLE_BASE + 0x08UL)
#define UART_BAUDDIV REGISTER(TR_BOARD_CONSOLE_BASE + 0x10UL)
#define STATE_TX_FULL (1UL << 0)
#define STATE_RX_FULL (1UL << 1)
#define CTRL_TX (1UL << 0)
#define CTRL_RX (1UL << 1)

#define FPGAIO_COUNTER (TR_BOARD_COUNTER_BASE + 0x18UL)
#define FPGAIO_100HZ REGISTER(TR_BOARD_COUNTER_BASE + 0x14UL)
#define FPGAIO_PRESCALE REGISTER(TR_BOARD_COUNTER_BASE + 0x1CUL)

void tr_port_start(void)
{
    UART_BAUDDIV = (TR_BOARD_CONSOLE_CLOCK_HZ + TR_BOARD_CONSOLE_BAUD / 2UL) /
                   TR_BOARD_CONSOLE_BAUD;
    UART_CTRL = CTRL_TX | CTRL_RX;
    /* What came before the receiver was on is dropped. This read also makes QEMU look for input
     * again: enabling the receiver does not, and with more than 32 bytes waiting it never would. */
    (void)UART_DATA;
    FPGAIO_PRESCALE = 0;
}

int32_t tr_port_read(void)
{
    while ((UART_STATE & STATE_RX_FULL) == 0U) {
    }
    return (int32_t)(UART_DATA & 0xFFU);
}

void tr_port_write(const uint8_t *data, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        while ((UART_STATE & STATE_TX_FULL) != 0U) {
        }
        UART_DATA = data[i];
    }
}

void tr_port_flush(void)
{
    while ((UART_STATE & STATE_TX_FULL) != 0U) {
    }
}

uint32_t tr_port_counter(void)
{
    return TR_BOARD_COUNTER;
}

uint32_t tr_port_count(void)
{
    uint32_t sum = 0, tick, left = TR_BOARD_COUNTER_PERIOD;
    __asm__ volatile(".syntax unified\n" /* Thumb-1 has another one by default */
                     "1: ldr %1, [%3]\n\t"
                     "adds %0, %0, %1\n\t"
                     "nop\n\tnop\n\tnop\n\t"
                     "subs %2, %2, #1\n\t"
                     "bne 1b"
                     : "+l"(sum), "=&l"(tick), "+l"(left)
                     : "l"(FPGAIO_COUNTER)
                     : "cc", "memory");
    return sum;
}

/* One tick is ten million of an emulator's instructions, a nanosecond each. */
uint32_t tr_port_slow_count(void)
{
    return FPGAIO_100HZ;
}

uint32_t tr_port_slow_period(void)
{
    return 10000000UL;
}

uint32_t tr_port_count_empty(void)
{
    const uint32_t start = tr_port_count();
    return tr_port_count() - start;
}

/* No pin of the machine shows anything. */
void tr_port_led(bool lit)
{
    (void)lit;
}
