/* What a family of STM32 gives the ports' common part. */
#ifndef TR_CLOCK_H
#define TR_CLOCK_H

#ifdef __cplusplus
extern "C" {
#endif

/* From the state after reset to the board file's clock: voltage, flash, PLL, caches, buses. */
void tr_clock_start(void);

#ifdef __cplusplus
}
#endif

#endif
