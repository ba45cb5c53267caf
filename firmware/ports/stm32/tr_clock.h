/* What a family of STM32 gives the ports' common part. */
#ifndef TR_CLOCK_H
#define TR_CLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* From the state after reset to the board file's clock: voltage, flash, PLL, caches, buses. */
void tr_clock_start(void);

/* The port's slow counter (tr_port.h), on a timer that the counter leaves free. */
void tr_clock_slow_start(void);
uint32_t tr_clock_slow_count(void);
uint32_t tr_clock_slow_period(void);

#ifdef __cplusplus
}
#endif

#endif
