/* A clamp behind kernels that saturate to int8. */
#ifndef TINYROB_TR_DSP_CLAMP_H
#define TINYROB_TR_DSP_CLAMP_H

#include <stdint.h>

/* Clamps n >= 0 values to [lo, hi]. 2.5 instructions a value; none for the full range. */
void tr_dsp_clamp(int8_t *values, int32_t n, int32_t lo, int32_t hi);

#endif
