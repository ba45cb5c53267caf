/* Each value replaced by an entry of a table: LOGISTIC, TANH, HARD_SWISH, LEAKY_RELU and others. */
#ifndef TINYROB_TR_LOOKUP_S8_H
#define TINYROB_TR_LOOKUP_S8_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tr_lookup {
    uint32_t elements;
    const int8_t *table; /* 256 entries, the first that of -128 */
} tr_lookup;

/* `out` may be `in`. */
void tr_lookup_s8(const tr_lookup *layer, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
