/* Where a pool's window lies. */
#ifndef TINYROB_TR_MVE_AREA_OF_H
#define TINYROB_TR_MVE_AREA_OF_H

#include "tinyrob/tr_pool.h"
#include "tr_mve_column.h"

/* The window of output pixel (y, x), clipped to the image `in`. */
tr_mve_area tr_mve_area_of(const tr_pool *pool, int32_t y, int32_t x, const int8_t *in);

#endif
