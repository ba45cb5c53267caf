/* Logarithms in fixed point. */
#ifndef TINYROB_TR_LOG2_H
#define TINYROB_TR_LOG2_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* log2(x) in Q9, rounded to nearest, by 64 straight lines an octave; x in [1, 2^63). */
int32_t tr_log2_q9(uint64_t x);

#ifdef __cplusplus
}
#endif

#endif
