/* An analogue microphone (MAX9814, MAX4466, SPW2430) on an RP2040 or RP2350: the ADC runs by itself at the
 * rate, and channel 0 of the DMA goes round a ring (the datasheets: ADC, DMA).
 *
 * To wire: the microphone's output, which rests at half the supply, to GPIO26 (ADC0). The ADC takes the
 * crystal, not the PLL for USB, which nobody else here needs.
 *
 * The DMA of an RP2040 ends after 2^32 samples, three days at 16 kHz: the app says `stopped`, and starts
 * it anew. That of an RP2350 goes on for ever. */
#include "tr_board.h"
#include "tr_microphone.h"
#include "tr_mmio.h"
#include "tr_model_frontend.h"
#include "tr_reader.h"

#define INPUT 0UL /* 0 to 3: GPIO26 to 29 */
#define GAIN 4    /* bits to the left: 12 bits to 16 */

/* The resets say which part it is: they are where the port has them. */
#if TR_BOARD_CONSOLE_BASE >> 16 == 0x4003UL
#define RESETS 0x4000C000UL
#define CLK_ADC_CTRL 0x40008060UL
#define CLK_ADC_DIV 0x40008064UL
#define ADC 0x4004C000UL
#define PAD_26 0x4001C06CUL
#define DIVIDER_1 0x100UL
#define INCREMENT_WRITE (1UL << 5)
#define RING_BITS(bits) ((bits) << 6)
#define RING_OF_WRITES (1UL << 10)
#define REQUEST_OF_ADC (36UL << 15)
#define COUNT_MOST 0xFFFFFFFFUL
#else
#define RESETS 0x40020000UL
#define CLK_ADC_CTRL 0x4001006CUL
#define CLK_ADC_DIV 0x40010070UL
#define ADC 0x400A0000UL
#define PAD_26 0x4003806CUL
#define DIVIDER_1 0x10000UL
#define INCREMENT_WRITE (1UL << 6)
#define RING_BITS(bits) ((bits) << 8)
#define RING_OF_WRITES (1UL << 12)
#define REQUEST_OF_ADC (48UL << 17)
#define COUNT_MOST 0xFFFFFFFFUL /* MODE: endless */
#endif

#define RESET_ADC (1UL << 0)
#define RESET_DMA (1UL << 2)
#define CLK_ENABLE (1UL << 11)
#define CLK_XOSC (3UL << 5)
#define PAD_ANALOGUE (1UL << 7) /* no output, no input buffer, no pull */

#define CS (ADC + 0x00UL)
#define FCS (ADC + 0x08UL)
#define FIFO (ADC + 0x0CUL)
#define DIV (ADC + 0x10UL)
#define CS_EN (1UL << 0)
#define CS_MANY (1UL << 3)
#define CS_READY (1UL << 8)
#define FCS_EN (1UL << 0)
#define FCS_DREQ (1UL << 3)
#define FCS_FLAGS (1UL << 11 | 1UL << 10) /* over, under: cleared by a 1 */
#define FCS_OVER (1UL << 11)
#define FCS_AT_1 (1UL << 24)
#define STEPS (TR_BOARD_PLL_INPUT_HZ / TR_MODEL_RATE)
#if TR_BOARD_PLL_INPUT_HZ % TR_MODEL_RATE != 0
#error "the crystal is no multiple of the rate that the features take"
#endif

#define READ_ADDR 0x50000000UL
#define WRITE_ADDR 0x50000004UL
#define TRANS_COUNT 0x50000008UL
#define CTRL_TRIG 0x5000000CUL
#define CTRL_EN (1UL << 0)
#define CTRL_HALF_WORDS (1UL << 2)

#define RING_LOG2 13UL /* bytes: the DMA's own ring */
#define RING (1U << (RING_LOG2 - 1UL))

static uint16_t samples_of_dma[RING] __attribute__((aligned(1U << RING_LOG2)));
static tr_reader reader;

bool tr_microphone_start(void)
{
    /* The console's port has brought up crystal and pads. Both blocks begin as after a reset. */
    tr_mmio_set(RESETS, RESET_ADC | RESET_DMA);
    tr_mmio_field(RESETS, RESET_ADC | RESET_DMA, 0);
    if (!tr_mmio_await(RESETS + 8UL, RESET_ADC | RESET_DMA, RESET_ADC | RESET_DMA)) {
        return false;
    }
    tr_mmio_write(CLK_ADC_CTRL, 0);
    tr_mmio_write(CLK_ADC_DIV, DIVIDER_1);
    tr_mmio_write(CLK_ADC_CTRL, CLK_ENABLE | CLK_XOSC);
    tr_mmio_write(PAD_26 + 4UL * INPUT, PAD_ANALOGUE);
    tr_mmio_write(CS, INPUT << 12 | CS_EN);
    if (!tr_mmio_await(CS, CS_READY, CS_READY)) {
        return false;
    }
    tr_mmio_write(DIV, (STEPS - 1UL) << 8); /* a sample each STEPS of the crystal */
    tr_mmio_write(FCS, FCS_AT_1 | FCS_FLAGS | FCS_DREQ | FCS_EN);
    tr_mmio_write(READ_ADDR, FIFO);
    tr_mmio_write(WRITE_ADDR, (uint32_t)(uintptr_t)samples_of_dma);
    tr_mmio_write(TRANS_COUNT, COUNT_MOST);
    tr_mmio_write(CTRL_TRIG, REQUEST_OF_ADC | RING_OF_WRITES | RING_BITS(RING_LOG2) |
                                 INCREMENT_WRITE | CTRL_HALF_WORDS | CTRL_EN);
    tr_mmio_write(CS, INPUT << 12 | CS_MANY | CS_EN);
    tr_reader_start(&reader, RING, TR_MODEL_RATE);
    return true;
}

static uint32_t at(void)
{
    return (tr_mmio_read(WRITE_ADDR) & ((1UL << RING_LOG2) - 1UL)) / 2U;
}

bool tr_microphone_read(int16_t *samples, uint32_t n)
{
    if (!tr_reader_await(&reader, at, n)) {
        return false;
    }
    const uint32_t state = tr_mmio_read(FCS);
    if ((state & FCS_OVER) != 0U) {
        tr_mmio_write(FCS, state);
        reader.ring.lost++; /* at least one that the DMA was too late for */
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint16_t raw = ((const volatile uint16_t *)samples_of_dma)[tr_reader_take(&reader)];
        samples[i] = (int16_t)(((int32_t)(raw & 0xFFFU) - 2048) * (1 << GAIN));
    }
    return true;
}

uint32_t tr_microphone_lost(void)
{
    return reader.ring.lost;
}
