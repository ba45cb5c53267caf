/* The end of a program: an emulator takes the code. A board stops; where it has an LED, that stays
 * as it is after a good end, and blinks after any other, so that a dead board says so. */
#include "tr_board.h"
#include "tr_port.h"
#include "tr_semihost.h"

#ifdef TR_BOARD_LED_PIN
/* About a tenth of a second: a turn of the loop takes some eight cycles. */
#define TURNS (TR_BOARD_CLOCK_HZ / 80UL)

__attribute__((noreturn)) static void blink(void)
{
    for (bool lit = true;; lit = !lit) {
        tr_port_led(lit);
        for (volatile uint32_t turn = 0; turn < TURNS; turn++) {
        }
    }
}
#endif

void tr_port_exit(int32_t code)
{
    tr_semihost_exit(code);
#ifdef TR_BOARD_LED_PIN
    if (code != 0) {
        blink();
    }
#endif
    for (;;) {
    }
}
