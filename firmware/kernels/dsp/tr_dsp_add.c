#include "tr_dsp_add.h"

#include "tr_dsp.h"
#include "tr_dsp_clamp.h"

/* The coarse operand is widened by 2^19, exactly, and kept doubled. The fine one is multiplied
 * and rounded twice; one that has the factor 1/2 too is given one more bit and a shift of 1,
 * which is exact. Sums stay below 2^30. The order is that of the registers below. */
typedef struct terms {
    const int8_t *coarse, *fine;
    int8_t *out;
    const int8_t *end;                 /* of `out` */
    int32_t scale, offset, multiplier; /* the fine operand: value * scale + offset, ... */
    int32_t half, shift;               /* ... its second rounding */
    int32_t coarse_offset;             /* doubled */
    int32_t sum_multiplier, sum_offset, sum_shift;
} terms;

static inline int32_t sum_of(const terms *t, int32_t coarse, int32_t fine)
{
    const int32_t y = tr_smmulr(fine * t->scale + t->offset, t->multiplier);
    const int32_t rounded = (y + (y >> 31) + t->half) >> t->shift;
    return coarse * (1 << 20) + t->coarse_offset + 2 * rounded;
}

#ifdef TR_DSP_INSTRUCTIONS
#define VALUE                                                                                     \
    "ldrsb.w r3, [r1], #1\n"                                                                      \
    "ldrsb.w lr, [r0], #1\n"                                                                      \
    "mla r3, r3, r4, r5\n"                                                                        \
    "smmulr r3, r3, r6\n"                                                                         \
    "add.w lr, r9, lr, lsl #20\n"                                                                 \
    "add.w r3, r3, r3, asr #31\n"                                                                 \
    "add r3, r7\n"                                                                                \
    "asr.w r3, r3, r8\n"                                                                          \
    "add.w r3, lr, r3, lsl #1\n"                                                                  \
    "smmlar r3, r3, r10, r11\n"                                                                   \
    "asr.w r3, r3, r12\n"                                                                         \
    "ssat r3, #8, r3\n"                                                                           \
    "strb.w r3, [r2], #1\n"
#endif

/* One value or more. Results below the zero point are clamped to it or above: their halves need no
 * care. */
static TR_DSP_ASSEMBLY void add_rectified(const terms *t TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* All of `t` in registers but the end, which is the frame. */
    __asm__ volatile("push {r3-r11, lr}\n"
                     "ldmia.w r0, {r0-r12}\n"
                     "str r3, [sp]\n"
                     "sub lr, r3, r2\n"
                     "lsls.w lr, lr, #31\n"
                     "bne 2f\n"
                     ".balign 16\n" /* the loop enters four lines of flash, not five */
                     "1:\n" VALUE "2:\n" VALUE
                     "ldr r3, [sp]\n"
                     "cmp r2, r3\n"
                     "bne 1b\n"
                     "pop {r3-r11, pc}\n");
}
#else
{
    const int8_t *coarse = t->coarse, *fine = t->fine;
    for (int8_t *out = t->out; out < t->end; out++) {
        const int32_t sum = sum_of(t, *coarse++, *fine++);
        *out = (int8_t)tr_ssat8(tr_smmlar(sum, t->sum_multiplier, t->sum_offset) >> t->sum_shift);
    }
}
#endif

/* The terms are copied, since a store of a byte might change what a pointer points to. */
static void add_any(const terms *shared)
{
    const terms t = *shared;
    const int8_t *coarse = t.coarse, *fine = t.fine;
    for (int8_t *out = t.out; out < t.end; out++) {
        const int32_t y = tr_smmulr(sum_of(&t, *coarse++, *fine++), t.sum_multiplier);
        *out = (int8_t)tr_ssat8((y + (y >> 31) + t.sum_offset) >> t.sum_shift);
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
    const terms t = {swap ? b : a, swap ? a : b, out, out + n,
                     scale, fine->offset * scale, fine->multiplier, 1 << (shift - 1), shift,
                     coarse->offset * (1 << 20), add->multiplier,
                     (1 << (sum_shift - 1)) + add->output.zero_point * (1 << sum_shift), sum_shift};
    if (add->output.lo >= add->output.zero_point) {
        add_rectified(&t);
    } else {
        add_any(&t);
    }
    if (add->output.lo > INT8_MIN || add->output.hi < INT8_MAX) {
        tr_dsp_clamp(out, n, add->output.lo, add->output.hi);
    }
}
