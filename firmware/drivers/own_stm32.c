/* A microphone of your own on an STM32L4+, G0 or H7: the DMA goes round a ring, is read and counted here;
 * what asks it for samples is yours: fill in tr_source_start().
 *
 * It is to set up one peripheral that puts signed samples of 16 bits, TR_MODEL_RATE a second, into its data
 * register and asks the DMA for each. In its order:
 *
 *   1. Pins: MODER to alternate function, AFR to its number (the part's datasheet); the port's clock.
 *   2. The peripheral's clock: RCC, its bit of the bus, and what it is made of (CCIPR, PLLSAI1, PLL1Q).
 *   3. The peripheral, off:
 *      SAI (L4, H7)   xCR1: MODE 1 (master receives), PRTCFG 0, DS 4 (16 bits), MONO; MCKDIV so that the
 *                     bit clock is the frame's length times the rate; DMAEN. xFRCR: FRL 31 (32 bits a
 *                     frame), FSALL 15, FSDEF, FSOFF. xSLOTR: NBSLOT 1, SLOTEN 1.
 *      DFSDM (L4)     CHyCFGR1: SITP, SPICKSEL, DATPACK 0; FLTxFCR: FORD, FOSR; FLTxCR1: RCH, RCONT, RDMAEN
 *                     (DATA 24 bits, the upper ones the sample: SOURCE_DATA is FLTxRDATAR + 2).
 *      I2S (G0: SPI1) I2SCFGR: I2SMOD, I2SCFG 3, CHLEN 1; I2SPR: the clock / 64 / rate; CR2: RXDMAEN.
 *      I2S (H7: SPI2) I2SCFGR: I2SMOD, I2SCFG 3, CHLEN 1, I2SDIV; CFG1: RXDMAEN; then SPE and CSTART.
 *      ADC (all)      an analogue microphone: CFGR: OVRMOD, DMAEN, DMACFG, EXTEN, EXTSEL of a timer (TIM6's
 *                     TRGO at the rate); calibrate (ADCAL), enable (ADEN, ADRDY), ADSTART; left-aligned
 *                     (ALIGN or OVSS), and SOURCE_OFFSET 32768 below, since its values have no sign.
 *   4. SOURCE_DATA and SOURCE_REQUEST below: the data register, and its line of DMAMUX1 (the reference
 *      manual's table "DMAMUX: assignment of multiplexer inputs to resources").
 *   5. The peripheral, on; true where it says that it runs.
 *
 * Registers are written by tr_mmio_write, _set and _field, so that a test on a PC can record them. */
#include "tr_board.h"
#include "tr_microphone.h"
#include "tr_mmio.h"
#include "tr_model_frontend.h"
#include "tr_reader.h"

#define SOURCE_DATA 0UL     /* to fill in: the address of its data register */
#define SOURCE_REQUEST 0UL  /* to fill in: its number in DMAMUX1 */
#define SOURCE_OFFSET 0     /* what its values have at silence: 32768 of an ADC */
#define SOURCE_CHANNELS 1UL /* items a sample: 2 of an I2S, whose left one is taken */

/* Weak, so that it may as well be in a file of your own beside this one. */
bool tr_source_start(uint32_t rate);
__attribute__((weak)) bool tr_source_start(uint32_t rate)
{
    (void)rate;
    return false; /* to fill in; until then the app says "no microphone" */
}

#define RING 4096U /* samples: a quarter of a second at 16 kHz */
#define ITEMS (RING * SOURCE_CHANNELS)
#define DMAMUX1_C0CR 0x40020800UL

#if TR_BOARD_GPIO_BASE == 0x58020000UL /* H7: streams, and memory that they reach */
#define RCC_AHB1ENR 0x580244D8UL
#define RCC_AHB2ENR 0x580244DCUL
#define DMA_ENABLE (1UL << 0)
#define AHB2ENR_SRAM1 (1UL << 29)
#define CR 0x40020010UL
#define LEFT 0x40020014UL
#define FROM 0x40020018UL
#define TO 0x4002001CUL
#define CLEAR 0x40020008UL
#define CLEAR_ALL 0x3DUL
#define CR_RING (1UL << 13 | 1UL << 11 | 1UL << 10 | 1UL << 8) /* half words, MINC, CIRC */
#define RING_AT 0x30000000UL /* SRAM1: DMA1 does not see the core's own memory */
#define SCB_DCIMVAC 0xE000EF5CUL
#define CACHE_LINE 32UL
#else /* L4+, G0: channels */
#if TR_BOARD_GPIO_BASE == 0x50000000UL
#define RCC_AHB1ENR 0x40021038UL
#define DMA_ENABLE (1UL << 0) /* DMAMUX with it */
#else
#define RCC_AHB1ENR 0x40021048UL
#define DMA_ENABLE (1UL << 2 | 1UL << 0) /* DMAMUX1, DMA1 */
#endif
#define CR 0x40020008UL
#define LEFT 0x4002000CUL
#define FROM 0x40020010UL
#define TO 0x40020014UL
#define CLEAR 0x40020004UL
#define CLEAR_ALL 0xFUL
#define CR_RING (1UL << 10 | 1UL << 8 | 1UL << 7 | 1UL << 5) /* half words, MINC, CIRC */
static int16_t samples_of_dma[ITEMS];
#define RING_AT ((uint32_t)(uintptr_t)samples_of_dma)
#endif
#define CR_EN (1UL << 0)

static tr_reader reader;

static bool stop(void)
{
    tr_mmio_write(CR, 0);
    return tr_mmio_await(CR, CR_EN, 0);
}

bool tr_microphone_start(void)
{
    tr_mmio_set(RCC_AHB1ENR, DMA_ENABLE);
    (void)tr_mmio_read(RCC_AHB1ENR);
#ifdef RCC_AHB2ENR
    tr_mmio_set(RCC_AHB2ENR, AHB2ENR_SRAM1);
    (void)tr_mmio_read(RCC_AHB2ENR);
#endif
    if (!stop()) {
        return false;
    }
    tr_mmio_write(CLEAR, CLEAR_ALL);
    tr_mmio_write(DMAMUX1_C0CR, SOURCE_REQUEST);
    tr_mmio_write(LEFT, ITEMS);
    tr_mmio_write(FROM, SOURCE_DATA);
    tr_mmio_write(TO, RING_AT);
    tr_mmio_write(CR, CR_RING);
    tr_mmio_set(CR, CR_EN);
    if (!tr_source_start(TR_MODEL_RATE)) {
        (void)stop();
        return false;
    }
    tr_reader_start(&reader, RING, TR_MODEL_RATE);
    return true;
}

/* The DMA counts what is left of a turn. */
static uint32_t at(void)
{
    return (ITEMS - tr_mmio_read(LEFT) % ITEMS) / SOURCE_CHANNELS % RING;
}

bool tr_microphone_read(int16_t *samples, uint32_t n)
{
    if (!tr_reader_await(&reader, at, n)) {
        return false;
    }
#ifdef SCB_DCIMVAC
    for (uint32_t line = 0; line < ITEMS * 2UL; line += CACHE_LINE) {
        tr_mmio_write(SCB_DCIMVAC, RING_AT + line); /* what the cache still has is old */
    }
    TR_BARRIER();
#endif
    const volatile int16_t *const ring = (const volatile int16_t *)(uintptr_t)RING_AT;
    for (uint32_t i = 0; i < n; i++) {
        samples[i] = (int16_t)(ring[SOURCE_CHANNELS * tr_reader_take(&reader)] - SOURCE_OFFSET);
    }
    return true;
}

uint32_t tr_microphone_lost(void)
{
    return reader.ring.lost;
}
