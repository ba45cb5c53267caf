/* Running sums along one axis, int8: TFLite's CUMSUM. */
#ifndef TINYROB_TR_CUMSUM_S8_H
#define TINYROB_TR_CUMSUM_S8_H

#include "tinyrob/tr_sum.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The input's axes, merged to (outer, size, inner); sums run along `size`, which is at most 65536.
 * `exclusive`: an output is the sum of what is before it; `reverse`: from the end on. */
typedef struct tr_cumsum {
    uint32_t outer, size, inner;
    uint8_t exclusive, reverse;
    tr_sum sum;
} tr_cumsum;

/* outer * size * inner values; `out` may be `in`. */
void tr_cumsum_s8(const tr_cumsum *cumsum, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
