/* STM32F4 (reference manual RM0090): console on a USART, polled; TIM2 is the counter.
 *
 * The part stays on the clock that it resets to (HSI). QEMU's netduinoplus2 has the USART and
 * TIM2, and ignores writes to RCC and GPIO; under `-icount shift=0` its TIM2 advances by one for
 * each executed instruction. */
#include "tr_port.h"

#include "tr_board.h"
#include "tr_proto.h"
#include "tr_semihost.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define RCC_AHB1ENR REGISTER(0x40023830UL)
#define RCC_APB1ENR REGISTER(0x40023840UL)
#define APB1ENR_TIM2 (1UL << 0)

#define GPIO(port, offset) REGISTER(0x40020000UL + 0x400UL * (port) + (offset))
#define GPIO_MODER 0x00UL
#define GPIO_AFR 0x20UL

#define TIM2_CR1 REGISTER(0x40000000UL)
#define TIM2_CNT REGISTER(0x40000024UL)
#define TIM2_ARR REGISTER(0x4000002CUL)
#define CR1_CEN (1UL << 0)

#define USART(offset) REGISTER(TR_BOARD_CONSOLE_BASE + (offset))
#define USART_SR USART(0x00UL)
#define USART_DR USART(0x04UL)
#define USART_BRR USART(0x08UL)
#define USART_CR1 USART(0x0CUL)
#define SR_RXNE (1UL << 5)
#define SR_TC (1UL << 6)
#define SR_TXE (1UL << 7)
#define CR1_UE (1UL << 13)
#define CR1_TE (1UL << 3)
#define CR1_RE (1UL << 2)

static void connect_pin(uint32_t port, uint32_t pin)
{
    RCC_AHB1ENR |= 1UL << port;
    const uint32_t afr = GPIO_AFR + 4UL * (pin / 8UL);
    const uint32_t at = 4UL * (pin % 8UL);
    GPIO(port, afr) = (GPIO(port, afr) & ~(0xFUL << at)) | TR_BOARD_CONSOLE_ALTERNATE << at;
    GPIO(port, GPIO_MODER) = (GPIO(port, GPIO_MODER) & ~(3UL << 2UL * pin)) | 2UL << 2UL * pin;
}

void tr_port_start(void)
{
    connect_pin(TR_BOARD_CONSOLE_TX_PORT, TR_BOARD_CONSOLE_TX_PIN);
    connect_pin(TR_BOARD_CONSOLE_RX_PORT, TR_BOARD_CONSOLE_RX_PIN);
    REGISTER(TR_BOARD_CONSOLE_ENABLE_REGISTER) |= 1UL << TR_BOARD_CONSOLE_ENABLE_BIT;
    USART_BRR =
        (TR_BOARD_CONSOLE_CLOCK_HZ + TR_BOARD_CONSOLE_BAUD / 2UL) / TR_BOARD_CONSOLE_BAUD;
    USART_CR1 = CR1_UE | CR1_TE | CR1_RE;
    RCC_APB1ENR |= APB1ENR_TIM2;
    TIM2_ARR = 0xFFFFFFFFUL;
    TIM2_CR1 = CR1_CEN;
}

int32_t tr_port_read(void)
{
    while ((USART_SR & SR_RXNE) == 0U) {
    }
    return (int32_t)(USART_DR & 0xFFU);
}

void tr_port_write(const uint8_t *data, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        while ((USART_SR & SR_TXE) == 0U) {
        }
        USART_DR = data[i];
    }
}

void tr_port_flush(void)
{
    while ((USART_SR & SR_TC) == 0U) {
    }
}

uint32_t tr_port_counter(void)
{
    return TR_BOARD_COUNTER;
}

uint32_t tr_port_count(void)
{
    return TIM2_CNT;
}

uint32_t tr_port_count_empty(void)
{
    const uint32_t start = tr_port_count();
    return tr_port_count() - start;
}

void tr_port_exit(int32_t code)
{
    tr_semihost_exit(code);
    for (;;) {
    }
}
