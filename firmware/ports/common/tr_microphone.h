/* A board's microphone, for the app of that name: int16 samples at the rate of its board file. One
 * implementation a family of parts (ports/FAMILY/microphone.c); ports/README.md says how to add one. */
#ifndef TR_MICROPHONE_H
#define TR_MICROPHONE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Clocks, pins, filter, and a DMA that goes round for ever; false where the part does not answer. To
 * be called again where it has stopped. */
bool tr_microphone_start(void);

/* Waits for the next n samples; false where none have come for a second. */
bool tr_microphone_read(int16_t *samples, uint32_t n);

/* Samples that came and were overwritten before anybody took them, since the program began. */
uint32_t tr_microphone_lost(void);

#ifdef __cplusplus
}
#endif

#endif
