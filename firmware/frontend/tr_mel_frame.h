/* One frame's features. */
#ifndef TINYROB_TR_MEL_FRAME_H
#define TINYROB_TR_MEL_FRAME_H

#include "tinyrob/tr_mel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* memory->samples to a row of mel->frames.width values; work and logs are overwritten. */
void tr_mel_frame(const tr_mel *mel, const tr_mel_memory *memory, int8_t *row);

/* The row of logarithms in Q9, less the centre: of memory->logs. */
void tr_mel_row(const tr_mel *mel, const tr_mel_memory *memory, int8_t *row);

#ifdef __cplusplus
}
#endif

#endif
