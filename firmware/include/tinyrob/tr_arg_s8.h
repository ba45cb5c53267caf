/* Where the greatest or the least is, int8: TFLite's ARG_MAX and ARG_MIN. */
#ifndef TINYROB_TR_ARG_S8_H
#define TINYROB_TR_ARG_S8_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The input's axes, merged to (outer, size, inner); along `size` the first place of the greatest, or
 * with `least` of the least. size >= 1. */
typedef struct tr_arg {
    uint32_t outer, size, inner;
    uint8_t least;
} tr_arg;

/* in: outer * size * inner values; out: outer * inner places; no overlap. */
void tr_arg_s8(const tr_arg *arg, const int8_t *in, int32_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
