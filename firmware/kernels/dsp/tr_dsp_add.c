#include "tr_dsp_add.h"

#include "tr_dsp.h"
#include "tr_dsp_clamp.h"

/* The coarse operand is widened by 2^19, exactly, and kept doubled. The fine one is multiplied
 * and rounded twice; one that has the factor 1/2 too is given one more bit and a shift of 1,
 * which is exact. Sums stay below 2^30. */
typedef struct terms {
    int32_t coarse_offset;               /* doubled */
    int32_t scale, offset, multiplier;   /* the fine operand: value * scale + offset, ... */
    int32_t half, shift;                 /* ... its second rounding */
    int32_t sum_multiplier, sum_offset, sum_shift;
} terms;

static inline int32_t sum_of(const terms *t, int32_t coarse, int32_t fine)
{
    const int32_t y = tr_smmulr(fine * t->scale + t->offset, t->multiplier);
    const int32_t rounded = (y + (y >> 31) + t->half) >> t->shift;
    return coarse * (1 << 20) + t->coarse_offset + 2 * rounded;
}

/* Results below the zero point are clamped to it or above: their halves need no care. The terms
 * are copied, since a store of a byte might change what a pointer points to. */
static void add_rectified(const terms *shared, const int8_t *coarse, const int8_t *fine,
                          int8_t *out, int32_t n)
{
    const terms t = *shared;
    for (int32_t i = 0; i < n; i++) {
        const int32_t sum = sum_of(&t, coarse[i], fine[i]);
        out[i] = (int8_t)tr_ssat8(tr_smmlar(sum, t.sum_multiplier, t.sum_offset) >> t.sum_shift);
    }
}

static void add_any(const terms *shared, const int8_t *coarse, const int8_t *fine, int8_t *out,
                    int32_t n)
{
    const terms t = *shared;
    for (int32_t i = 0; i < n; i++) {
        const int32_t y = tr_smmulr(sum_of(&t, coarse[i], fine[i]), t.sum_multiplier);
        out[i] = (int8_t)tr_ssat8((y + (y >> 31) + t.sum_offset) >> t.sum_shift);
    }
}

static int32_t is_coarse(const tr_add_operand *operand)
{
    return operand->multiplier == 1 << 30 && operand->shift == 0;
}

void tr_dsp_add(const tr_add *add, const int8_t *a, const int8_t *b, int8_t *out, int32_t n)
{
    const int32_t swap = !is_coarse(&add->a);
    const tr_add_operand *coarse = swap ? &add->b : &add->a;
    const tr_add_operand *fine = swap ? &add->a : &add->b;
    const int32_t both = is_coarse(fine);
    const int32_t scale = 1 << (both ? 22 : 21), shift = both ? 1 : -fine->shift;
    const int32_t sum_shift = -add->shift;
    const terms t = {coarse->offset * (1 << 20), scale, fine->offset * scale, fine->multiplier,
                     1 << (shift - 1), shift, add->multiplier,
                     (1 << (sum_shift - 1)) + add->output.zero_point * (1 << sum_shift), sum_shift};
    if (add->output.lo >= add->output.zero_point) {
        add_rectified(&t, swap ? b : a, swap ? a : b, out, n);
    } else {
        add_any(&t, swap ? b : a, swap ? a : b, out, n);
    }
    tr_dsp_clamp(out, n, add->output.lo, add->output.hi);
}
