/* nRF5340, the application core (its Product Specification), secure as it starts: factory trimming,
 * 128 MHz from the crystal, flash cache, console on a UARTE. The network core stays off.
 *
 * The UARTE moves bytes by DMA only, from RAM and to RAM. One byte is received at a time, and six
 * more wait in its FIFO while the core computes. */
#include "tr_port.h"

#include "tr_board.h"
#include "tr_mmio.h"
#include "tr_proto.h"

#define CLOCK_HFCLKSTART 0x50005000UL
#define CLOCK_HFCLKSTARTED 0x50005100UL
#define CLOCK_HFCLKSRC 0x50005514UL
#define HFCLKSRC_CRYSTAL 1UL
#define CLOCK_HFCLKCTRL 0x50005558UL
#define HFCLKCTRL_128MHZ 0UL
#define HFCLKCTRL_64MHZ 1UL
#define CACHE_ENABLE 0x50001500UL

/* Trimming values, each with its address, up to one whose address is not set. */
#define FICR_TRIMCNF(n, offset) (0x00FF0300UL + 8UL * (n) + (offset))
#define TRIMS 32UL
#define UNSET 0xFFFFFFFFUL

#define CTRLAP_APPROTECT_DISABLE 0x50006544UL
#define CTRLAP_SECUREAPPROTECT_DISABLE 0x5000654CUL
#define UICR_APPROTECT 0x00FF8000UL
#define UICR_SECUREAPPROTECT 0x00FF801CUL

#define GPIO(port, offset) (0x50842500UL + 0x300UL * (port) + (offset))
#define OUTSET 0x008UL
#define OUTCLR 0x00CUL
#define PIN_CNF(pin) (0x200UL + 4UL * (pin))
#define CNF_OUTPUT 3UL         /* DIR; the input buffer stays off */
#define CNF_INPUT_PULLUP 0xCUL /* a line that nobody drives idles */
#define PSEL(port, pin) ((port) << 5 | (pin))

#define UART(offset) (TR_BOARD_CONSOLE_BASE + (offset))
#define STARTRX UART(0x000UL)
#define STARTTX UART(0x008UL)
#define ENDRX UART(0x110UL)
#define ENDTX UART(0x120UL)
#define ENABLE UART(0x500UL)
#define ENABLE_UARTE 8UL
#define PSELTXD UART(0x50CUL)
#define PSELRXD UART(0x514UL)
#define BAUDRATE UART(0x524UL)
#define RXD_PTR UART(0x534UL)
#define RXD_MAXCNT UART(0x538UL)
#define TXD_PTR UART(0x544UL)
#define TXD_MAXCNT UART(0x548UL)

/* Its upper 20 bits count: the baud rate in steps of the UART's clock / 2^20. The specification's
 * table has another value for the usual one, nearer to what is made of it. */
#if TR_BOARD_CONSOLE_BAUD == 115200
#define RATE 0x01D60000UL
#else
#define RATE                                                                                       \
    ((uint32_t)(((uint64_t)TR_BOARD_CONSOLE_BAUD << 32) / TR_BOARD_CONSOLE_CLOCK_HZ + 0x800U) &    \
     0xFFFFF000UL)
#endif

#define DEMCR 0xE000EDFCUL
#define DEMCR_TRCENA (1UL << 24)
#define DWT_CTRL 0xE0001000UL
#define DWT_CYCCNT 0xE0001004UL

/* TIMER0: the 16 MHz of the same crystal, divided by 512. */
#define TIMER_START 0x5000F000UL
#define TIMER_CAPTURE 0x5000F040UL
#define TIMER_BITMODE 0x5000F508UL
#define TIMER_BITMODE_32 3UL
#define TIMER_PRESCALER 0x5000F510UL
#define TIMER_CC 0x5000F540UL
#define TIMER_HZ 31250UL

#define CHUNK 64U
static volatile uint8_t received;
static volatile uint8_t sending[CHUNK];
static bool receiving;

static uint32_t address_of(const volatile uint8_t *bytes)
{
    return (uint32_t)(uintptr_t)bytes;
}

/* What the factory measured of this part is for firmware to put in place. */
static void trim(void)
{
    for (uint32_t i = 0; i < TRIMS && tr_mmio_read(FICR_TRIMCNF(i, 0UL)) != UNSET; i++) {
        tr_mmio_write(tr_mmio_read(FICR_TRIMCNF(i, 0UL)), tr_mmio_read(FICR_TRIMCNF(i, 4UL)));
    }
}

/* The debug ports close at a reset unless firmware opens them: what the user's registers say
 * counts. Without this a board could be programmed once. */
static void keep_debug_ports(void)
{
    tr_mmio_write(CTRLAP_APPROTECT_DISABLE, tr_mmio_read(UICR_APPROTECT));
    tr_mmio_write(CTRLAP_SECUREAPPROTECT_DISABLE, tr_mmio_read(UICR_SECUREAPPROTECT));
}

static void start_clock(void)
{
    /* The core runs at 64 MHz from reset, on an oscillator too coarse for a UART. */
    tr_mmio_write(CLOCK_HFCLKSTARTED, 0);
    tr_mmio_write(CLOCK_HFCLKSRC, HFCLKSRC_CRYSTAL);
    tr_mmio_write(CLOCK_HFCLKSTART, 1UL);
    tr_mmio_wait(CLOCK_HFCLKSTARTED, 1UL, 1UL);
    tr_mmio_write(CLOCK_HFCLKCTRL,
                  TR_BOARD_CLOCK_HZ == 128000000UL ? HFCLKCTRL_128MHZ : HFCLKCTRL_64MHZ);
    tr_mmio_write(CACHE_ENABLE, 1UL);
}

static void start_console(void)
{
    const uint32_t tx = TR_BOARD_CONSOLE_TX_PIN;
    const uint32_t rx = TR_BOARD_CONSOLE_RX_PIN;
    tr_mmio_write(GPIO(TR_BOARD_CONSOLE_TX_PORT, OUTSET), 1UL << tx);
    tr_mmio_write(GPIO(TR_BOARD_CONSOLE_TX_PORT, PIN_CNF(tx)), CNF_OUTPUT);
    tr_mmio_write(GPIO(TR_BOARD_CONSOLE_RX_PORT, PIN_CNF(rx)), CNF_INPUT_PULLUP);
    tr_mmio_write(PSELTXD, PSEL(TR_BOARD_CONSOLE_TX_PORT, tx));
    tr_mmio_write(PSELRXD, PSEL(TR_BOARD_CONSOLE_RX_PORT, rx));
    tr_mmio_write(BAUDRATE, RATE);
    tr_mmio_write(ENABLE, ENABLE_UARTE);
}

static void start_counter(void)
{
    tr_mmio_set(DEMCR, DEMCR_TRCENA);
    tr_mmio_write(DWT_CYCCNT, 0);
    tr_mmio_set(DWT_CTRL, 1UL);
    tr_mmio_write(TIMER_BITMODE, TIMER_BITMODE_32);
    tr_mmio_write(TIMER_PRESCALER, 9UL);
    tr_mmio_write(TIMER_START, 1UL);
}

void tr_port_start(void)
{
    trim();
    keep_debug_ports();
    start_clock();
    start_console();
    start_counter();
    tr_port_led(true);
}

void tr_port_led(bool lit)
{
#ifdef TR_BOARD_LED_PIN
    const uint32_t pin = TR_BOARD_LED_PIN;
    tr_mmio_write(GPIO(TR_BOARD_LED_PORT, lit == TR_BOARD_LED_LEVEL ? OUTSET : OUTCLR), 1UL << pin);
    tr_mmio_write(GPIO(TR_BOARD_LED_PORT, PIN_CNF(pin)), CNF_OUTPUT);
#else
    (void)lit;
#endif
}

static void receive(void)
{
    tr_mmio_write(ENDRX, 0);
    tr_mmio_write(RXD_PTR, address_of(&received));
    tr_mmio_write(RXD_MAXCNT, 1UL);
    tr_mmio_write(STARTRX, 1UL);
}

int32_t tr_port_read(void)
{
    if (!receiving) {
        receive();
        receiving = true;
    }
    tr_mmio_wait(ENDRX, 1UL, 1UL);
    const uint8_t byte = received;
    receive();
    return byte;
}

void tr_port_write(const uint8_t *data, uint32_t bytes)
{
    for (uint32_t sent = 0; sent < bytes;) {
        const uint32_t rest = bytes - sent;
        const uint32_t count = rest < CHUNK ? rest : CHUNK;
        for (uint32_t i = 0; i < count; i++) {
            sending[i] = data[sent + i];
        }
        tr_mmio_write(ENDTX, 0);
        tr_mmio_write(TXD_PTR, address_of(sending));
        tr_mmio_write(TXD_MAXCNT, count);
        TR_BARRIER();
        tr_mmio_write(STARTTX, 1UL);
        tr_mmio_wait(ENDTX, 1UL, 1UL);
        sent += count;
    }
}

/* Each byte was waited for. */
void tr_port_flush(void) {}

uint32_t tr_port_counter(void)
{
    return TR_BOARD_COUNTER;
}

uint32_t tr_port_count(void)
{
    return tr_mmio_read(DWT_CYCCNT);
}

uint32_t tr_port_slow_count(void)
{
    tr_mmio_write(TIMER_CAPTURE, 1UL);
    return tr_mmio_read(TIMER_CC);
}

uint32_t tr_port_slow_period(void)
{
    return TR_BOARD_CLOCK_HZ / TIMER_HZ;
}

uint32_t tr_port_count_empty(void)
{
    const uint32_t start = tr_port_count();
    return tr_port_count() - start;
}
