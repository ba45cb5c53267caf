/* QEMU's RISC-V machine `virt`: console on a 16550 UART, polled; minstret is the counter. */
#include "tr_port.h"

#include "tr_board.h"
#include "tr_proto.h"

#define UART(offset) (*(volatile uint8_t *)(TR_BOARD_CONSOLE_BASE + (offset)))
#define UART_DATA UART(0UL) /* RBR when read, THR when written; DLL while LCR's DLAB is set */
#define UART_DIVISOR_HIGH UART(1UL)
#define UART_FIFO UART(2UL)
#define UART_LINE_CONTROL UART(3UL)
#define UART_LINE_STATUS UART(5UL)
#define LINE_8_BITS 0x03U
#define LINE_DIVISOR 0x80U
#define FIFO_ENABLE 0x01U
#define STATUS_DATA 0x01U
#define STATUS_TX_FREE 0x20U
#define STATUS_TX_DONE 0x40U

void tr_port_start(void)
{
    const uint32_t divisor = (TR_BOARD_CONSOLE_CLOCK_HZ + 8UL * TR_BOARD_CONSOLE_BAUD) /
                             (16UL * TR_BOARD_CONSOLE_BAUD);
    UART_LINE_CONTROL = LINE_8_BITS | LINE_DIVISOR;
    UART_DATA = (uint8_t)(divisor & 0xFFU);
    UART_DIVISOR_HIGH = (uint8_t)(divisor >> 8 & 0xFFU);
    UART_LINE_CONTROL = LINE_8_BITS;
    UART_FIFO = FIFO_ENABLE;
}

int32_t tr_port_read(void)
{
    while ((UART_LINE_STATUS & STATUS_DATA) == 0U) {
    }
    return (int32_t)UART_DATA;
}

void tr_port_write(const uint8_t *data, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        while ((UART_LINE_STATUS & STATUS_TX_FREE) == 0U) {
        }
        UART_DATA = data[i];
    }
}

void tr_port_flush(void)
{
    while ((UART_LINE_STATUS & STATUS_TX_DONE) == 0U) {
    }
}

uint32_t tr_port_counter(void)
{
    return TR_BOARD_COUNTER;
}

uint32_t tr_port_count(void)
{
    uint32_t count;
    __asm__ volatile("csrr %0, minstret" : "=r"(count)::"memory");
    return count;
}

uint32_t tr_port_slow_count(void)
{
    for (;;) {
        uint32_t high, low, again;
        __asm__ volatile("csrr %0, minstreth\n\tcsrr %1, minstret\n\tcsrr %2, minstreth"
                         : "=r"(high), "=r"(low), "=r"(again)::"memory");
        if (high == again) {
            return high << 16 | low >> 16;
        }
    }
}

uint32_t tr_port_slow_period(void)
{
    return 1UL << 16;
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
