/* What a port gives the applications: a byte stream, a counter and an end. One implementation a
 * family of parts, one for an operating system (host). */
#ifndef TR_PORT_H
#define TR_PORT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Clocks, pins, console and counter; then the LED is lit. Called once, first. */
void tr_port_start(void);

/* The next byte of the console (0..255), waiting for it; -1 when the stream has ended. */
int32_t tr_port_read(void);

/* Sends bytes; they may be held back until tr_port_flush. */
void tr_port_write(const uint8_t *data, uint32_t bytes);
void tr_port_flush(void);

/* A free-running counter modulo 2^32, and what it counts (TR_COUNTER_...). Called, never inlined: what
 * tr_port_count_empty counts has the same calls around it as what an app counts. */
uint32_t tr_port_count(void) __attribute__((noinline));
uint32_t tr_port_counter(void);

/* A second counter modulo 2^32, that ticks once in tr_port_slow_period() units of the first (at
 * most 2^30): it says how often the first has begun anew. See tr_count.h. */
uint32_t tr_port_slow_count(void);
uint32_t tr_port_slow_period(void);

/* What two readings of the counter with nothing between them differ by. */
uint32_t tr_port_count_empty(void);

/* The board's LED, where it has one: lit while the program waits, dark during an inference. Works
 * before tr_port_start as well, for those who have nothing else to tell a failure with. */
void tr_port_led(bool lit);

/* Ends the program: an emulator and an operating system see the code; a board stops, and its LED
 * blinks where the code is not 0. */
__attribute__((noreturn)) void tr_port_exit(int32_t code);

#ifdef __cplusplus
}
#endif

#endif
