/* A microphone with an I2S output (INMP441, ICS-43434, SPH0645) on an STM32F4 or F7: I2S2 is the master,
 * and stream 3 of DMA1 goes round a ring (RM0090, RM0390, RM0385: SPI/I2S, DMA, PLLI2S).
 *
 * To wire: SCK to PB13, WS to PB12, SD to PB15; the microphone's L/R to ground: it speaks in the left
 * half of each frame. For other pins change the lines below; all of I2S2's are alternate function 5
 * (the part's datasheet).
 *
 * PLLI2S makes 384 MHz / 5; over 75 and 64 bits a frame it is 16,000 Hz exactly. Not for a part that
 * runs without its PLL. */
#include "tr_board.h"
#include "tr_microphone.h"
#include "tr_mmio.h"
#include "tr_model_frontend.h"
#include "tr_reader.h"

#define PORT 1UL /* B */
#define WS_PIN 12UL
#define CK_PIN 13UL
#define SD_PIN 15UL
#define ALTERNATE 5UL
#define GAIN 2 /* bits to the left, saturating: such microphones are soft, -26 dBFS at 94 dB SPL */

#define RCC_CR 0x40023800UL
#define RCC_AHB1ENR 0x40023830UL
#define RCC_APB1ENR 0x40023840UL
#define RCC_PLLI2SCFGR 0x40023884UL
#define CR_PLLI2SON (1UL << 26)
#define CR_PLLI2SRDY (1UL << 27)
#define AHB1ENR_DMA1 (1UL << 21)
#define APB1ENR_SPI2 (1UL << 14)
#define PLLI2S_HZ 384000000UL
#define PLLI2S_R 5UL
#define DBGMCU_IDCODE 0xE0042000UL
#define F446 0x421UL /* whose PLLI2S has a divider of its own in front */

#define GPIO(offset) (TR_BOARD_GPIO_BASE + 0x400UL * PORT + (offset))
#define MODER 0x00UL
#define AFR 0x20UL

#define SPI2_CR2 0x40003804UL
#define SPI2_DR 0x4000380CUL
#define SPI2_I2SCFGR 0x4000381CUL
#define SPI2_I2SPR 0x40003820UL
#define CR2_RXDMAEN (1UL << 0)
#define I2SCFGR_MODE (1UL << 11)
#define I2SCFGR_ENABLE (1UL << 10)
#define I2SCFGR_MASTER_RECEIVES (3UL << 8)
#define I2SCFGR_32_BITS (1UL << 0) /* a channel, of which the upper 16 are the sample */
#define DIVIDER (PLLI2S_HZ / PLLI2S_R / 64UL / TR_MODEL_RATE)
#if PLLI2S_HZ / PLLI2S_R / 64UL % TR_MODEL_RATE != 0
#error "PLLI2S_HZ and PLLI2S_R do not make the rate that the features take"
#endif

#define DMA1_LIFCR 0x40026008UL
#define DMA1_S3(offset) (0x40026058UL + (offset))
#define CR DMA1_S3(0x00UL)
#define NDTR DMA1_S3(0x04UL)
#define PAR DMA1_S3(0x08UL)
#define M0AR DMA1_S3(0x0CUL)
#define FCR DMA1_S3(0x14UL)
#define CR_EN (1UL << 0)
#define CR_CIRC (1UL << 8)
#define CR_MINC (1UL << 10)
#define CR_HALF_WORDS (1UL << 13 | 1UL << 11) /* channel 0: SPI2_RX */
#define LIFCR_STREAM_3 0x0F400000UL

#define RING 4096U /* samples: a quarter of a second at 16 kHz */

static int16_t samples_of_dma[2U * RING]; /* left, right */
static tr_reader reader;

static void connect_pin(uint32_t pin)
{
    const uint32_t two = 2UL * pin, four = 4UL * (pin % 8UL);
    tr_mmio_field(GPIO(AFR + 4UL * (pin / 8UL)), 0xFUL << four, ALTERNATE << four);
    tr_mmio_field(GPIO(MODER), 3UL << two, 2UL << two);
}

static bool start_clock(void)
{
    const uint32_t source = TR_BOARD_PLL_INPUT_HZ / TR_BOARD_PLL_M;
    const uint32_t own = (tr_mmio_read(DBGMCU_IDCODE) & 0xFFFUL) == F446 ? TR_BOARD_PLL_M : 0UL;
    tr_mmio_field(RCC_CR, CR_PLLI2SON, 0);
    tr_mmio_field(RCC_PLLI2SCFGR, 7UL << 28 | 0x1FFUL << 6 | (own != 0UL ? 0x3FUL : 0UL),
                  PLLI2S_R << 28 | PLLI2S_HZ / source << 6 | own);
    tr_mmio_set(RCC_CR, CR_PLLI2SON);
    return tr_mmio_await(RCC_CR, CR_PLLI2SRDY, CR_PLLI2SRDY);
}

bool tr_microphone_start(void)
{
    tr_mmio_set(TR_BOARD_GPIO_ENABLE_REGISTER, 1UL << PORT);
    tr_mmio_set(RCC_AHB1ENR, AHB1ENR_DMA1);
    tr_mmio_set(RCC_APB1ENR, APB1ENR_SPI2);
    (void)tr_mmio_read(RCC_APB1ENR);
    connect_pin(WS_PIN);
    connect_pin(CK_PIN);
    connect_pin(SD_PIN);
    /* One that ran already is stopped: its settings can be written only then. */
    tr_mmio_write(SPI2_I2SCFGR, 0);
    tr_mmio_write(CR, 0);
    if (!start_clock() || !tr_mmio_await(CR, CR_EN, 0)) {
        return false;
    }
    tr_mmio_write(DMA1_LIFCR, LIFCR_STREAM_3);
    tr_mmio_write(NDTR, 2UL * RING);
    tr_mmio_write(PAR, SPI2_DR);
    tr_mmio_write(M0AR, (uint32_t)(uintptr_t)samples_of_dma);
    tr_mmio_write(FCR, 0); /* each sample at once, without the FIFO */
    tr_mmio_write(CR, CR_HALF_WORDS | CR_MINC | CR_CIRC | CR_EN);
    tr_mmio_write(SPI2_I2SPR, DIVIDER % 2UL << 8 | DIVIDER / 2UL);
    tr_mmio_write(SPI2_CR2, CR2_RXDMAEN);
    tr_mmio_write(SPI2_I2SCFGR, I2SCFGR_MODE | I2SCFGR_MASTER_RECEIVES | I2SCFGR_32_BITS);
    tr_mmio_write(SPI2_I2SCFGR,
                  I2SCFGR_MODE | I2SCFGR_MASTER_RECEIVES | I2SCFGR_32_BITS | I2SCFGR_ENABLE);
    tr_reader_start(&reader, RING, TR_MODEL_RATE);
    return true;
}

/* Items are left, of two a sample. */
static uint32_t at(void)
{
    return (2U * RING - tr_mmio_read(NDTR) % (2U * RING)) / 2U % RING;
}

bool tr_microphone_read(int16_t *samples, uint32_t n)
{
    if (!tr_reader_await(&reader, at, n)) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        const volatile int16_t *const left = samples_of_dma + 2U * tr_reader_take(&reader);
        const int32_t louder = *left * (1 << GAIN);
        samples[i] = (int16_t)(louder > INT16_MAX   ? INT16_MAX
                               : louder < INT16_MIN ? INT16_MIN
                                                    : louder);
    }
    return true;
}

uint32_t tr_microphone_lost(void)
{
    return reader.ring.lost;
}
