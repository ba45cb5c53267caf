/* A row of inputs as whole words. */
#ifndef TINYROB_TR_DSP_FILLED_UP_H
#define TINYROB_TR_DSP_FILLED_UP_H

#include <stdint.h>

/* n bytes, then zeros up to the end of their last word; n is no multiple of 4. */
void tr_dsp_filled_up(int8_t *to, const int8_t *from, uint32_t n);

#endif
