/* Rows of a stream: the older ones move to the front, new ones go behind them. */
#ifndef TINYROB_TR_SLIDE_H
#define TINYROB_TR_SLIDE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `rows` runs of `kept` and then `fresh` bytes, both at least 1. */
typedef struct tr_slide_rows {
    uint32_t rows;
    uint32_t kept;
    uint32_t fresh;
} tr_slide_rows;

/* in: `fresh` bytes a run; out: what the call before left there, at a multiple of 4 as `in` is. No
 * overlap. */
void tr_slide(const tr_slide_rows *slide, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
