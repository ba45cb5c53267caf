/* A digital microphone (PDM: MP34DT06J, SPM1423) on an nRF52840, or on the application core of an nRF5340:
 * the part's PDM module decimates its bits to 16 kHz, and writes two halves of a ring in turn (the
 * Product Specifications: PDM).
 *
 * To wire: the microphone's clock and data to the pins below, its L/R to ground. As they stand they are
 * those of an Arduino Nano 33 BLE Sense; of a development kit any two free ones do.
 *
 * EasyDMA asks for the next half as it begins one. A program that is away for longer than a half gets it
 * written again: that is counted as lost. So a half is longer than an inference. */
#include "tr_board.h"
#include "tr_microphone.h"
#include "tr_mmio.h"
#include "tr_model_frontend.h"
#include "tr_port.h"

#define CLOCK_PORT 0UL
#define CLOCK_PIN 26UL
#define DATA_PORT 0UL
#define DATA_PIN 25UL
#define GAIN 0x28UL /* 0 dB; a step is half a decibel, up to 0x50 */

#if TR_BOARD_CONSOLE_BASE >> 28 == 5UL /* the nRF5340, secure */
#define PDM(offset) (0x50026000UL + (offset))
#define GPIO(port, offset) (0x50842500UL + 0x300UL * (port) + (offset))
#else
#define PDM(offset) (0x4001D000UL + (offset))
#define GPIO(port, offset) (0x50000500UL + 0x300UL * (port) + (offset))
#endif
#define OUTCLR 0x00CUL
#define PIN_CNF(pin) (0x200UL + 4UL * (pin))
#define CNF_OUTPUT 3UL
#define CNF_INPUT 0UL

#define START PDM(0x000UL)
#define STOP PDM(0x004UL)
#define STARTED PDM(0x100UL)
#define STOPPED PDM(0x104UL)
#define ENABLE PDM(0x500UL)
#define CLOCK PDM(0x504UL)
#define MODE PDM(0x508UL)
#define GAINL PDM(0x518UL)
#define RATIO PDM(0x520UL)
#define PSEL_CLK PDM(0x540UL)
#define PSEL_DIN PDM(0x544UL)
#define SAMPLE_PTR PDM(0x560UL)
#define SAMPLE_MAXCNT PDM(0x564UL)
#define CLOCK_1280K 0x0A000000UL
#define RATIO_80 1UL
#define MODE_MONO 1UL /* the left one, at falling edges */
#if TR_MODEL_RATE != 16000
#error "1.28 MHz / 80 is 16 kHz: the features take another rate"
#endif

#define HALF 4096U /* samples: a quarter of a second */
#define HALF_CYCLES (TR_BOARD_CLOCK_HZ / TR_MODEL_RATE * HALF)

static int16_t samples_of_dma[2][HALF];
static struct {
    uint32_t writing; /* the half that the DMA writes; the other one is whole */
    uint32_t taken;   /* of the whole one */
    uint32_t began;   /* tr_port_count, when the DMA began that half */
    bool whole;
} heard;
static uint32_t lost;

static void point_to(uint32_t half)
{
    tr_mmio_write(SAMPLE_PTR, (uint32_t)(uintptr_t)samples_of_dma[half]);
}

bool tr_microphone_start(void)
{
    if (tr_mmio_read(ENABLE) != 0U) { /* one that ran already */
        tr_mmio_write(STOPPED, 0);
        tr_mmio_write(STOP, 1UL);
        (void)tr_mmio_await(STOPPED, 1UL, 1UL);
        tr_mmio_write(ENABLE, 0);
    }
    tr_mmio_write(GPIO(CLOCK_PORT, OUTCLR), 1UL << CLOCK_PIN);
    tr_mmio_write(GPIO(CLOCK_PORT, PIN_CNF(CLOCK_PIN)), CNF_OUTPUT);
    tr_mmio_write(GPIO(DATA_PORT, PIN_CNF(DATA_PIN)), CNF_INPUT);
    tr_mmio_write(PSEL_CLK, CLOCK_PORT << 5 | CLOCK_PIN);
    tr_mmio_write(PSEL_DIN, DATA_PORT << 5 | DATA_PIN);
    tr_mmio_write(CLOCK, CLOCK_1280K);
    tr_mmio_write(RATIO, RATIO_80);
    tr_mmio_write(MODE, MODE_MONO);
    tr_mmio_write(GAINL, GAIN);
    tr_mmio_write(ENABLE, 1UL);
    tr_mmio_write(SAMPLE_MAXCNT, HALF);
    tr_mmio_write(STARTED, 0);
    point_to(0);
    tr_mmio_write(START, 1UL);
    if (!tr_mmio_await(STARTED, 1UL, 1UL)) {
        return false;
    }
    tr_mmio_write(STARTED, 0);
    point_to(1);
    heard.writing = 0;
    heard.taken = 0;
    heard.whole = false;
    heard.began = tr_port_count();
    return true;
}

/* Where the DMA has begun the other half: that one is given up, and this one whole. */
static void note(void)
{
    if (tr_mmio_read(STARTED) == 0U) {
        return;
    }
    tr_mmio_write(STARTED, 0);
    const uint32_t now = tr_port_count(), halves = (now - heard.began) / HALF_CYCLES;
    lost += heard.whole ? HALF - heard.taken : 0U;
    lost += halves > 1U ? (halves - 1U) * HALF : 0U; /* the DMA wrote the same one again */
    heard.writing ^= 1U;
    point_to(heard.writing ^ 1U);
    heard.taken = 0;
    heard.whole = true;
    heard.began += (halves > 1U ? halves : 1U) * HALF_CYCLES;
}

bool tr_microphone_read(int16_t *samples, uint32_t n)
{
    const uint32_t began = tr_port_count();
    for (uint32_t i = 0; i < n; i++) {
        note();
        while (!heard.whole) {
            if (tr_port_count() - began > TR_BOARD_CLOCK_HZ) {
                return false;
            }
            note();
        }
        samples[i] = ((const volatile int16_t *)samples_of_dma[heard.writing ^ 1U])[heard.taken++];
        heard.whole = heard.taken < HALF;
    }
    return true;
}

uint32_t tr_microphone_lost(void)
{
    return lost;
}
