/* A digital microphone (PDM) on an STM32U5: the audio digital filter ADF1, and channel 0 of GPDMA1 in
 * a ring (RM0456, "Audio digital filter", "General purpose direct memory access controller").
 *
 * HCLK / PROCDIV / CCKDIV is the microphone's clock; a Sinc5 filter and the reshape filter behind it,
 * which makes one sample of four, decimate to the rate. The filter's 24 bits lie in the upper part of
 * its data register, of which the DMA takes the upper 16. */
#include "tr_board.h"

#ifdef TR_BOARD_MICROPHONE_ADF

#include "tr_microphone.h"
#include "tr_mmio.h"
#include "tr_reader.h"

#define RCC_AHB1ENR 0x46020C88UL
#define RCC_AHB3ENR 0x46020C94UL
#define RCC_CCIPR3 0x46020CE8UL
#define AHB1ENR_GPDMA1 (1UL << 0)
#define AHB3ENR_ADF1 (1UL << 10)
#define CCIPR3_ADF1SEL (7UL << 16) /* 0: HCLK */

#define GPIO(port, offset) (TR_BOARD_GPIO_BASE + 0x400UL * (port) + (offset))
#define MODER 0x00UL
#define OSPEEDR 0x08UL
#define AFR 0x20UL

#define ADF1_CKGCR 0x46024004UL
#define ADF1_SITFCR 0x46024080UL
#define ADF1_BSMXCR 0x46024084UL
#define ADF1_DFLTCR 0x46024088UL
#define ADF1_DFLTCICR 0x4602408CUL
#define ADF1_DFLTRSFR 0x46024090UL
#define ADF1_DFLTISR 0x460240B0UL
#define ADF1_DFLTDR 0x460240F0UL
#define CKGCR_CKDEN (1UL << 0)
#define CKGCR_CCK0EN (1UL << 1)
#define CKGCR_CCK0DIR (1UL << 5)
#define CKGCR_CCKACTIVE (1UL << 31)
#define SITFCR_SITFEN (1UL << 0)
#define SITFCR_STH (4UL << 8)
#define SITFCR_SITFACTIVE (1UL << 31)
#define DFLTCR_DFLTEN (1UL << 0)
#define DFLTCR_DMAEN (1UL << 1)
#define DFLTCR_DFLTACTIVE (1UL << 31)
#define DFLTCICR_SINC5 (5UL << 4)
#define DFLTISR_DOVRF (1UL << 1)

#define GPDMA1_C0(offset) (0x40020050UL + (offset))
#define CLBAR GPDMA1_C0(0x00UL)
#define CFCR GPDMA1_C0(0x0CUL)
#define CCR GPDMA1_C0(0x14UL)
#define CTR1 GPDMA1_C0(0x40UL)
#define CTR2 GPDMA1_C0(0x44UL)
#define CBR1 GPDMA1_C0(0x48UL)
#define CSAR GPDMA1_C0(0x4CUL)
#define CDAR GPDMA1_C0(0x50UL)
#define CLLR GPDMA1_C0(0x7CUL)
#define CFCR_ALL 0x7F00UL
#define CCR_EN (1UL << 0)
#define CCR_RESET (1UL << 1)
#define CTR1_SOURCE_WORD (2UL << 0)
#define CTR1_UPPER_HALF (1UL << 11) /* left-aligned, the rest is cut off */
#define CTR1_TO_HALF_WORD (1UL << 16)
#define CTR1_TO_NEXT (1UL << 19)
#define CTR2_ADF1_FLT0 98UL
#define CBR1_BNDT 0xFFFFUL
#define CLLR_ULL (1UL << 16)
#define CLLR_UDA (1UL << 27)
#define CLLR_UB1 (1UL << 29)
#define CLLR_LA 0xFFFCUL

#define RING 4096U /* samples: a quarter of a second at 16 kHz, above any inference of ours */

static int16_t samples_of_dma[RING];
/* What the DMA loads when the ring is full: block, destination, and itself again. Within 64 KB it may
 * lie anywhere; aligned so that it crosses no such border. */
static uint32_t node[4] __attribute__((aligned(16)));
static tr_reader reader;

static uint32_t address_of(const void *what)
{
    return (uint32_t)(uintptr_t)what;
}

static void connect_pin(uint32_t port, uint32_t pin)
{
    const uint32_t two = 2UL * pin, four = 4UL * (pin % 8UL);
    tr_mmio_set(TR_BOARD_GPIO_ENABLE_REGISTER, 1UL << port);
    (void)tr_mmio_read(TR_BOARD_GPIO_ENABLE_REGISTER);
    tr_mmio_field(GPIO(port, AFR + 4UL * (pin / 8UL)), 0xFUL << four,
                  TR_BOARD_MICROPHONE_ALTERNATE << four);
    tr_mmio_field(GPIO(port, OSPEEDR), 3UL << two, 1UL << two);
    tr_mmio_field(GPIO(port, MODER), 3UL << two, 2UL << two);
}

static void start_dma(void)
{
    tr_mmio_write(CCR, CCR_RESET);
    tr_mmio_write(CFCR, CFCR_ALL);
    tr_mmio_write(CTR1, CTR1_SOURCE_WORD | CTR1_UPPER_HALF | CTR1_TO_HALF_WORD | CTR1_TO_NEXT);
    tr_mmio_write(CTR2, CTR2_ADF1_FLT0);
    tr_mmio_write(CBR1, sizeof samples_of_dma);
    tr_mmio_write(CSAR, ADF1_DFLTDR);
    tr_mmio_write(CDAR, address_of(samples_of_dma));
    node[0] = sizeof samples_of_dma;
    node[1] = address_of(samples_of_dma);
    node[2] = CLLR_UB1 | CLLR_UDA | CLLR_ULL | (address_of(node) & CLLR_LA);
    TR_BARRIER();
    tr_mmio_write(CLBAR, address_of(node) & 0xFFFF0000UL);
    tr_mmio_write(CLLR, node[2]);
    tr_mmio_write(CCR, CCR_EN);
}

bool tr_microphone_start(void)
{
    connect_pin(TR_BOARD_MICROPHONE_CLOCK_PORT, TR_BOARD_MICROPHONE_CLOCK_PIN);
    connect_pin(TR_BOARD_MICROPHONE_DATA_PORT, TR_BOARD_MICROPHONE_DATA_PIN);
    tr_mmio_field(RCC_CCIPR3, CCIPR3_ADF1SEL, 0);
    tr_mmio_set(RCC_AHB1ENR, AHB1ENR_GPDMA1);
    tr_mmio_set(RCC_AHB3ENR, AHB3ENR_ADF1);
    (void)tr_mmio_read(RCC_AHB3ENR);
    /* One that ran already is stopped: its settings can be written only then. */
    tr_mmio_write(ADF1_DFLTCR, 0);
    tr_mmio_write(ADF1_SITFCR, 0);
    tr_mmio_write(ADF1_CKGCR, 0);
    const uint32_t clock = (TR_BOARD_MICROPHONE_PROCESSING - 1UL) << 24 |
                           (TR_BOARD_MICROPHONE_DIVIDER - 1UL) << 16 | CKGCR_CCK0DIR | CKGCR_CCK0EN;
    tr_mmio_write(ADF1_CKGCR, clock);
    tr_mmio_write(ADF1_CKGCR, clock | CKGCR_CKDEN);
    if (!tr_mmio_await(ADF1_CKGCR, CKGCR_CCKACTIVE, CKGCR_CCKACTIVE)) {
        return false;
    }
    tr_mmio_write(ADF1_SITFCR, SITFCR_STH);
    tr_mmio_write(ADF1_SITFCR, SITFCR_STH | SITFCR_SITFEN);
    tr_mmio_write(ADF1_BSMXCR, 0); /* what is there at rising edges */
    tr_mmio_write(ADF1_DFLTCICR, TR_BOARD_MICROPHONE_GAIN << 20 |
                                     (TR_BOARD_MICROPHONE_DECIMATION - 1UL) << 8 | DFLTCICR_SINC5);
    tr_mmio_write(ADF1_DFLTRSFR, 0); /* reshaped, of four one; high pass at 0.000625 of the rate */
    tr_mmio_write(ADF1_DFLTCR, DFLTCR_DMAEN);
    start_dma();
    tr_mmio_write(ADF1_DFLTCR, DFLTCR_DMAEN | DFLTCR_DFLTEN);
    tr_reader_start(&reader, RING, TR_BOARD_MICROPHONE_RATE);
    return tr_mmio_await(ADF1_SITFCR, SITFCR_SITFACTIVE, SITFCR_SITFACTIVE) &&
           tr_mmio_await(ADF1_DFLTCR, DFLTCR_DFLTACTIVE, DFLTCR_DFLTACTIVE);
}

/* Where the DMA writes next. A sample that it was too late for has left no place in the ring. */
static uint32_t at(void)
{
    if ((tr_mmio_read(ADF1_DFLTISR) & DFLTISR_DOVRF) != 0U) {
        tr_mmio_write(ADF1_DFLTISR, DFLTISR_DOVRF);
        reader.ring.lost++; /* at least one */
    }
    const uint32_t left = (tr_mmio_read(CBR1) & CBR1_BNDT) / (uint32_t)sizeof(int16_t);
    return (RING - left) % RING;
}

bool tr_microphone_read(int16_t *samples, uint32_t n)
{
    if (!tr_reader_await(&reader, at, n)) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        samples[i] = ((const volatile int16_t *)samples_of_dma)[tr_reader_take(&reader)];
    }
    return true;
}

uint32_t tr_microphone_lost(void)
{
    return reader.ring.lost;
}

#else

/* ISO C has no empty file. */
typedef int tr_no_microphone;

#endif
