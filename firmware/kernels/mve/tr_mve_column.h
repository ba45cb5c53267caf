/* Sums and maxima of four neighbouring channels over pixels: the part that pools share. */
#ifndef TINYROB_TR_MVE_COLUMN_H
#define TINYROB_TR_MVE_COLUMN_H

#include "tr_mve.h"

/* `rows` runs of `columns` pixels, from `in` on: `row_step` and `step` values apart. */
typedef struct tr_mve_area {
    const int8_t *in;
    int32_t rows, columns;
    int32_t row_step, step;
} tr_mve_area;

/* `start` and the channels of every pixel of the area; channels beyond the mask are not read. Up
 * to 2^23 pixels. Five instructions for four values. */
static inline tr_v4 tr_mve_sum(const tr_mve_area *area, tr_v4 start, tr_v4_mask mask)
{
    const int8_t *row = area->in;
    for (int32_t y = 0; y < area->rows; y++, row += area->row_step) {
        const int8_t *at = row;
        for (int32_t x = 0; x < area->columns; x++, at += area->step) {
            start = tr_v4_add(start, tr_v4_load8(at, mask));
        }
    }
    return start;
}

static inline tr_v4 tr_mve_largest(const tr_mve_area *area, tr_v4 start, tr_v4_mask mask)
{
    const int8_t *row = area->in;
    for (int32_t y = 0; y < area->rows; y++, row += area->row_step) {
        const int8_t *at = row;
        for (int32_t x = 0; x < area->columns; x++, at += area->step) {
            start = tr_v4_max(start, tr_v4_load8(at, mask));
        }
    }
    return start;
}

#endif
