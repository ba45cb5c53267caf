/* Another scale, type or range for a tensor that is int16 before or behind. */
#ifndef TINYROB_TR_REQUANTIZER16_H
#define TINYROB_TR_REQUANTIZER16_H

#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* out = clamp((in + offset) * multiplier + zero_point); offset and zero_point are 0 but
 * for int8 (and 32768 for probabilities of int16). A
 * bare clamp has multiplier 2^30, shift 1 (the factor 1). No product leaves an int32. */
typedef struct tr_requantizer16 {
    uint32_t elements;
    int32_t multiplier;
    int32_t offset;
    int8_t shift;
    int8_t zero_point;
    int32_t lo, hi;
} tr_requantizer16;

/* One value. */
static inline int32_t tr_requantize16(const tr_requantizer16 *layer, int32_t value)
{
    const int32_t scaled = tr_multiply(value + layer->offset, layer->multiplier, layer->shift);
    const int32_t made = (int32_t)((uint32_t)scaled + (uint32_t)(int32_t)layer->zero_point);
    const int32_t low = made < layer->lo ? layer->lo : made;
    return low > layer->hi ? layer->hi : low;
}

#ifdef __cplusplus
}
#endif

#endif
