/* The larger of two int16 tensors on one grid: TFLite's MAXIMUM. */
#ifndef TINYROB_TR_MAXIMUM_S16_H
#define TINYROB_TR_MAXIMUM_S16_H

#include "tinyrob/tr_extremum16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `out` may be `a` or `b` where that operand does not repeat. */
void tr_maximum_s16(const tr_extremum16 *layer, const int16_t *a, const int16_t *b, int16_t *out,
                    void *scratch);

#ifdef __cplusplus
}
#endif

#endif
