/* The bytes at the ends of windows' rows that are no whole words. */
#ifndef TINYROB_TR_DSP_EXPAND_TAILS_H
#define TINYROB_TR_DSP_EXPAND_TAILS_H

#include "tr_dsp_expand.h"
#include "tr_dsp_gather.h"

/* Of three windows, behind the taps of their whole words. They are put together window by window,
 * without gaps: a word is copied for each row, and what is too much of it is overwritten, or meets
 * weights of zero. About 4 instructions a row and 50 a call, and tr_dsp_expand's cost. */
void tr_dsp_expand_tails(const tr_dsp_walk *walk, const tr_dsp_windows *windows);

#endif
