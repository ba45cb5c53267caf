/* Where a pool's window lies. */
#ifndef TINYROB_TR_MVE_AREA_OF_H
#define TINYROB_TR_MVE_AREA_OF_H

#include "tinyrob/tr_pool.h"
#include "tr_mve_column.h"

/* A window that is clipped to the image `in`. */
TR_INLINE tr_mve_area tr_mve_area_of(const tr_pool *pool, tr_taps rows, tr_taps columns,
                                     const int8_t *in)
{
    const int32_t in_w = pool->window.in_w;
    const int32_t first = (rows.origin + rows.first) * in_w + columns.origin + columns.first;
    const tr_mve_area area = {in + first * pool->channels, rows.last - rows.first,
                              columns.last - columns.first, in_w * pool->channels, pool->channels};
    return area;
}

#endif
