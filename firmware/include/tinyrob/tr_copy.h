/* Bytes brought elsewhere as they stand: rows that the next band of a layer reads as well. */
#ifndef TINYROB_TR_COPY_H
#define TINYROB_TR_COPY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tr_copy_bytes {
    uint32_t bytes;
} tr_copy_bytes;

/* Where `in` and `out` overlap, `out` is in front. */
void tr_copy(const tr_copy_bytes *copy, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
