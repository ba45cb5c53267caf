/* Rows of a table by index: TFLite's GATHER along the first axis, EMBEDDING_LOOKUP. */
#ifndef TINYROB_TR_ROWS_S8_H
#define TINYROB_TR_ROWS_S8_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* count, rows, width >= 1. */
typedef struct tr_rows {
    uint32_t count, rows, width;
    const int8_t *table; /* rows of width values */
} tr_rows;

/* in: count indices, of which those that no row has stand for the first or the last; out:
 * count * width values; no overlap. */
void tr_rows_s8(const tr_rows *layer, const int32_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
