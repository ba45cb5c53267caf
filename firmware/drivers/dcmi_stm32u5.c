/* A camera on the connector of a B-U585I-IOT02A (CN2: the module B-CAMS-OMV and its kin): the DCMI takes a
 * frame into memory, channel 1 of GPDMA1 carries it (RM0456: DCMI, GPDMA; UM2839: camera connector).
 *
 * All that stands here works with any sensor of eight parallel bits. What is yours: tr_sensor_start(), which
 * has the sensor send WIDTH x HEIGHT pixels of FORMAT. In its order:
 *
 *   1. Power and reset: the module's pins PWR_EN and RESET (UM2839's table of CN2), and 20 ms.
 *   2. Its clock, where the module has no oscillator of its own: MCO or a timer to XCLK, 6 to 24 MHz.
 *   3. SCCB, which is I2C, at its own address (OV5640 0x3C, OV2640 0x30, OV7670 0x21): I2C2, pins and clock,
 *      TIMINGR; read the chip's number (OV5640: 0x300A is 0x56, 0x300B 0x40) and say false where it is not.
 *   4. Its registers: the maker's table for WIDTH x HEIGHT and FORMAT.
 *   5. CR_POLARITY below, as the sensor has its pixel clock and syncs (OV5640 as ST sets it: rising pixel
 *      clock, HSYNC low and VSYNC high while nothing is sent).
 *
 * A frame is at most 65,532 bytes, which one block of the DMA is: 160 x 120 of RGB565 are 38,400. */
#include "tr_board.h"
#include "tr_camera.h"
#include "tr_mmio.h"
#include "tr_port.h"

#define WIDTH 160UL
#define HEIGHT 120UL
#define FORMAT TR_CAMERA_RGB565 /* _BE where the sensor sends the high byte first */
#define PIXEL_BYTES 2UL
#define CR_POLARITY                                                                                \
    (1UL << 7 | 1UL << 5) /* VSPOL: active high; PCKPOL: rising edges; HSPOL is bit 6 */

/* Weak, so that it may as well be in a file of your own beside this one. */
bool tr_sensor_start(void);
__attribute__((weak)) bool tr_sensor_start(void)
{
    return false; /* to fill in; until then the app says "no camera" */
}

/* Port, pin, alternate function. */
static const uint8_t pins[][3] = {
    {0, 6, 4},   /* PIXCLK */
    {7, 8, 10},  /* HSYNC */
    {1, 7, 10},  /* VSYNC */
    {2, 6, 10},  /* D0 */
    {2, 7, 10},  /* D1 */
    {2, 8, 10},  /* D2 */
    {4, 1, 10},  /* D3 */
    {7, 14, 10}, /* D4 */
    {8, 4, 10},  /* D5 */
    {8, 6, 10},  /* D6 */
    {8, 7, 10},  /* D7 */
};

#define RCC_AHB1ENR 0x46020C88UL
#define RCC_AHB2ENR1 0x46020C8CUL
#define AHB1ENR_GPDMA1 (1UL << 0)
#define AHB2ENR1_DCMI (1UL << 12)

#define GPIO(port, offset) (TR_BOARD_GPIO_BASE + 0x400UL * (port) + (offset))
#define MODER 0x00UL
#define OSPEEDR 0x08UL
#define AFR 0x20UL

#define DCMI(offset) (0x4202C000UL + (offset))
#define DCMI_CR DCMI(0x00UL)
#define DCMI_RIS DCMI(0x08UL)
#define DCMI_ICR DCMI(0x14UL)
#define DCMI_DR DCMI(0x28UL)
#define CR_CAPTURE (1UL << 0)
#define CR_SNAPSHOT (1UL << 1)
#define CR_ENABLE (1UL << 14)
#define ICR_ALL 0x1FUL
#define RIS_OVERRUN (1UL << 1)

#define GPDMA1_C1(offset) (0x400200D0UL + (offset))
#define CLBAR GPDMA1_C1(0x00UL)
#define CFCR GPDMA1_C1(0x0CUL)
#define CCR GPDMA1_C1(0x14UL)
#define CTR1 GPDMA1_C1(0x40UL)
#define CTR2 GPDMA1_C1(0x44UL)
#define CBR1 GPDMA1_C1(0x48UL)
#define CSAR GPDMA1_C1(0x4CUL)
#define CDAR GPDMA1_C1(0x50UL)
#define CLLR GPDMA1_C1(0x7CUL)
#define CFCR_ALL 0x7F00UL
#define CCR_EN (1UL << 0)
#define CCR_RESET (1UL << 1)
#define CTR1_WORDS (2UL << 16 | 2UL << 0)
#define CTR1_TO_NEXT (1UL << 19)
#define CTR2_DCMI 86UL
#define CBR1_BNDT 0xFFFFUL

#define ROW_BYTES (WIDTH * PIXEL_BYTES)
#define BYTES (ROW_BYTES * HEIGHT)
#if WIDTH * PIXEL_BYTES * HEIGHT > 65532UL || WIDTH * PIXEL_BYTES % 4UL != 0
#error "a frame is whole words, and at most 65,532 bytes"
#endif

static uint32_t frame_of_dma[BYTES / 4UL];
static uint32_t row, lost;

static void connect_pin(uint32_t port, uint32_t pin, uint32_t alternate)
{
    const uint32_t two = 2UL * pin, four = 4UL * (pin % 8UL);
    tr_mmio_set(TR_BOARD_GPIO_ENABLE_REGISTER, 1UL << port);
    (void)tr_mmio_read(TR_BOARD_GPIO_ENABLE_REGISTER);
    tr_mmio_field(GPIO(port, AFR + 4UL * (pin / 8UL)), 0xFUL << four, alternate << four);
    tr_mmio_field(GPIO(port, OSPEEDR), 3UL << two, 2UL << two);
    tr_mmio_field(GPIO(port, MODER), 3UL << two, 2UL << two);
}

bool tr_camera_start(tr_camera_frame *frame)
{
    frame->format = FORMAT;
    frame->width = WIDTH;
    frame->height = HEIGHT;
    for (uint32_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        connect_pin(pins[i][0], pins[i][1], pins[i][2]);
    }
    tr_mmio_set(RCC_AHB1ENR, AHB1ENR_GPDMA1);
    tr_mmio_set(RCC_AHB2ENR1, AHB2ENR1_DCMI);
    (void)tr_mmio_read(RCC_AHB2ENR1);
    tr_mmio_write(DCMI_CR, 0);
    tr_mmio_write(DCMI_CR, CR_POLARITY | CR_SNAPSHOT);
    tr_mmio_write(DCMI_CR, CR_POLARITY | CR_SNAPSHOT | CR_ENABLE);
    return tr_sensor_start();
}

void tr_camera_begin(void)
{
    tr_mmio_write(DCMI_CR,
                  CR_POLARITY | CR_SNAPSHOT | CR_ENABLE); /* an unfinished one is given up */
    tr_mmio_write(CCR, CCR_RESET);
    tr_mmio_write(CFCR, CFCR_ALL);
    tr_mmio_write(CTR1, CTR1_WORDS | CTR1_TO_NEXT);
    tr_mmio_write(CTR2, CTR2_DCMI);
    tr_mmio_write(CBR1, BYTES);
    tr_mmio_write(CSAR, DCMI_DR);
    tr_mmio_write(CDAR, (uint32_t)(uintptr_t)frame_of_dma);
    tr_mmio_write(CLBAR, 0);
    tr_mmio_write(CLLR, 0); /* one block, and the end */
    tr_mmio_write(CCR, CCR_EN);
    tr_mmio_write(DCMI_ICR, ICR_ALL);
    tr_mmio_write(DCMI_CR, CR_POLARITY | CR_SNAPSHOT | CR_ENABLE | CR_CAPTURE);
    row = 0;
}

/* A row is there once the DMA has written it: the network's input is made while others come. */
const uint8_t *tr_camera_row(void)
{
    const uint32_t end = (row + 1UL) * ROW_BYTES, began = tr_port_count();
    while (BYTES - (tr_mmio_read(CBR1) & CBR1_BNDT) < end) {
        if ((tr_mmio_read(DCMI_RIS) & RIS_OVERRUN) != 0U) {
            lost++;
            return 0;
        }
        if (tr_port_count() - began > TR_BOARD_CLOCK_HZ) {
            return 0;
        }
    }
    TR_BARRIER();
    return (const uint8_t *)frame_of_dma + ROW_BYTES * row++;
}

uint32_t tr_camera_lost(void)
{
    return lost;
}
