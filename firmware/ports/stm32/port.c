/* Every STM32: pins, a polled console on one of the three kinds of UART, a counter of cycles.
 *
 * Where registers lie and which bits clock them comes from the board file; how the clock is made,
 * from the family's clock.c. */
#include "tr_port.h"

#include "tr_board.h"
#include "tr_clock.h"
#include "tr_mmio.h"
#include "tr_proto.h"

#define GPIO(port, offset) (TR_BOARD_GPIO_BASE + 0x400UL * (port) + (offset))
#define MODER 0x00UL
#define OSPEEDR 0x08UL
#define PUPDR 0x0CUL
#define BSRR 0x18UL
#define AFR 0x20UL

#define UART(offset) (TR_BOARD_CONSOLE_BASE + (offset))
#ifdef TR_BOARD_CONSOLE_USART_V1 /* STM32F4: SR, DR */
#define STATUS UART(0x00UL)
#define RECEIVED UART(0x04UL)
#define SENT UART(0x04UL)
#define BRR UART(0x08UL)
#define CR1 UART(0x0CUL)
#define CR1_ENABLE (1UL << 13)
#else /* all later ones, LPUART among them: ISR, RDR, TDR */
#define STATUS UART(0x1CUL)
#define RECEIVED UART(0x24UL)
#define SENT UART(0x28UL)
#define BRR UART(0x0CUL)
#define CR1 UART(0x00UL)
#define CR3 UART(0x08UL)
#define CR1_ENABLE (1UL << 0)
#define CR3_OVRDIS (1UL << 12)
#endif
#define CR1_RE (1UL << 2)
#define CR1_TE (1UL << 3)
#define STATUS_RXNE (1UL << 5)
#define STATUS_TC (1UL << 6)
#define STATUS_TXE (1UL << 7)

/* An LPUART divides 256 times its clock, the others their clock. In two steps: no 64-bit
 * division, and no overflow (the rest is below the baud rate, the baud rate below 2^24). */
#define CLOCK TR_BOARD_CONSOLE_CLOCK_HZ
#define BAUD TR_BOARD_CONSOLE_BAUD
#ifdef TR_BOARD_CONSOLE_LPUART
#define DIVISOR (CLOCK / BAUD * 256UL + (CLOCK % BAUD * 256UL + BAUD / 2UL) / BAUD)
#else
#define DIVISOR ((CLOCK + BAUD / 2UL) / BAUD)
#endif

#define DEMCR 0xE000EDFCUL
#define DEMCR_TRCENA (1UL << 24)
#define DWT_CTRL 0xE0001000UL
#define DWT_CYCCNT 0xE0001004UL
#define DWT_LAR 0xE0001FB0UL
#define DWT_UNLOCK 0xC5ACCE55UL

#define TIM_CR1 (TR_BOARD_COUNTER_BASE + 0x00UL)
#define TIM_CNT (TR_BOARD_COUNTER_BASE + 0x24UL)
#define TIM_ARR (TR_BOARD_COUNTER_BASE + 0x2CUL)

static void clock_port(uint32_t port)
{
    tr_mmio_set(TR_BOARD_GPIO_ENABLE_REGISTER, 1UL << port);
    (void)tr_mmio_read(TR_BOARD_GPIO_ENABLE_REGISTER); /* the clock takes two cycles */
}

static void connect_pin(uint32_t port, uint32_t pin)
{
    clock_port(port);
    const uint32_t two = 2UL * pin;
    const uint32_t four = 4UL * (pin % 8UL);
    tr_mmio_field(GPIO(port, AFR + 4UL * (pin / 8UL)), 0xFUL << four,
                  TR_BOARD_CONSOLE_ALTERNATE << four);
    tr_mmio_field(GPIO(port, OSPEEDR), 3UL << two, 1UL << two);
    /* Pulled up: a line that nobody drives idles, and is not read as a stream of zeros. */
    tr_mmio_field(GPIO(port, PUPDR), 3UL << two, 1UL << two);
    tr_mmio_field(GPIO(port, MODER), 3UL << two, 2UL << two);
}

static void start_console(void)
{
    connect_pin(TR_BOARD_CONSOLE_TX_PORT, TR_BOARD_CONSOLE_TX_PIN);
    connect_pin(TR_BOARD_CONSOLE_RX_PORT, TR_BOARD_CONSOLE_RX_PIN);
    tr_mmio_set(TR_BOARD_CONSOLE_ENABLE_REGISTER, 1UL << TR_BOARD_CONSOLE_ENABLE_BIT);
    (void)tr_mmio_read(TR_BOARD_CONSOLE_ENABLE_REGISTER);
    tr_mmio_write(BRR, DIVISOR);
#ifdef CR3
    /* What comes during an inference is lost, and must not stop what comes after it. */
    tr_mmio_write(CR3, CR3_OVRDIS);
#endif
    tr_mmio_write(CR1, CR1_ENABLE | CR1_TE | CR1_RE);
}

static void start_counter(void)
{
#ifdef TR_BOARD_COUNTER_DWT
    tr_mmio_set(DEMCR, DEMCR_TRCENA);
    tr_mmio_write(DWT_LAR, DWT_UNLOCK); /* Cortex-M7 locks it; others ignore this */
    tr_mmio_write(DWT_CYCCNT, 0);
    tr_mmio_set(DWT_CTRL, 1UL);
#else /* a timer of 32 bits that runs at the core's clock */
    tr_mmio_write(TIM_ARR, 0xFFFFFFFFUL);
    tr_mmio_write(TIM_CR1, 1UL);
#endif
    tr_clock_slow_start();
}

void tr_port_start(void)
{
    tr_clock_start();
    start_console();
    start_counter();
    tr_port_led(true);
}

void tr_port_led(bool lit)
{
#ifdef TR_BOARD_LED_PIN
    const uint32_t port = TR_BOARD_LED_PORT;
    const uint32_t pin = TR_BOARD_LED_PIN;
    clock_port(port);
    /* The upper half of BSRR clears. */
    tr_mmio_write(GPIO(port, BSRR), 1UL << (lit == TR_BOARD_LED_LEVEL ? pin : pin + 16UL));
    tr_mmio_field(GPIO(port, MODER), 3UL << 2UL * pin, 1UL << 2UL * pin);
#else
    (void)lit;
#endif
}

int32_t tr_port_read(void)
{
    tr_mmio_wait(STATUS, STATUS_RXNE, STATUS_RXNE);
    return (int32_t)(tr_mmio_read(RECEIVED) & 0xFFU);
}

void tr_port_write(const uint8_t *data, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        tr_mmio_wait(STATUS, STATUS_TXE, STATUS_TXE);
        tr_mmio_write(SENT, data[i]);
    }
}

void tr_port_flush(void)
{
    tr_mmio_wait(STATUS, STATUS_TC, STATUS_TC);
}

uint32_t tr_port_counter(void)
{
    return TR_BOARD_COUNTER;
}

uint32_t tr_port_count(void)
{
#ifdef TR_BOARD_COUNTER_DWT
    return tr_mmio_read(DWT_CYCCNT);
#else
    return tr_mmio_read(TIM_CNT);
#endif
}

uint32_t tr_port_slow_count(void)
{
    return tr_clock_slow_count();
}

uint32_t tr_port_slow_period(void)
{
    return tr_clock_slow_period();
}

uint32_t tr_port_count_empty(void)
{
    const uint32_t start = tr_port_count();
    return tr_port_count() - start;
}
