/* A window that cannot be read where it is. */
#ifndef TINYROB_TR_DSP_COPY_WINDOW_H
#define TINYROB_TR_DSP_COPY_WINDOW_H

#include "tr_dsp_gather.h"

/* The window of the walk's next pixel: the part of each row inside the image, zero points around
 * it, row behind row. About 4 instructions for 4 bytes. */
void tr_dsp_copy_window(const tr_dsp_walk *walk, int8_t *to);

#endif
