/* What the reductions without arithmetic are told. */
#ifndef TINYROB_TR_REDUCE_H
#define TINYROB_TR_REDUCE_H

#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The input's axes, merged to (outer, reduced[0], middle, reduced[1], inner); both reduced ones
 * become one value. */
typedef struct tr_reduce {
    uint32_t outer, middle, inner;
    uint32_t reduced[2];
    tr_output output;
} tr_reduce;

#ifdef __cplusplus
}
#endif

#endif
