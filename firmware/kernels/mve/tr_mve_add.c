#include "tr_mve_add.h"

#include "tr_mve.h"

#define HALF (1L << 30)

#ifdef TR_MVE_INSTRUCTIONS

/* The finer operand in 20 more bits: with a factor of its own, or 1/2 as well. */
#define SCALED                                                                                    \
    "vshl.i32 q1, q1, #20\n\t vqrdmulh.s32 q1, q1, %[m]\n\t"                                      \
    "vshr.s32 q2, q1, #31\n\t vadd.i32 q1, q1, q2\n\t vrshl.s32 q1, %[e]\n\t"
#define HALVED "vshl.i32 q1, q1, #19\n\t"

/* Halves of negative sums go away from zero. */
#define AWAY "vshr.s32 q2, q1, #31\n\t vadd.i32 q1, q1, q2\n\t"

#define RUN(SCALE, FIX)                                                                           \
    __asm__ volatile("dlstp.32 lr, %[n]\n"                                                        \
                     "1:\n\t"                                                                     \
                     "vldrb.s32 q1, [%[fine]], #4\n\t"                                            \
                     "vldrb.s32 q0, [%[coarse]], #4\n\t"                                          \
                     "vadd.i32 q1, q1, %[fine_offset]\n\t" SCALE                                  \
                     "vmla.s32 q1, q0, %[unit]\n\t"                                               \
                     "vadd.i32 q1, q1, %q[coarse_offset]\n\t"                                      \
                     "vqrdmulh.s32 q1, q1, %[sum_m]\n\t" FIX                                      \
                     "vrshl.s32 q1, %[sum_e]\n\t"                                                 \
                     "vadd.i32 q1, q1, %q[z]\n\t"                                                  \
                     "vmax.s32 q1, q1, %q[lo]\n\t"                                                \
                     "vmin.s32 q1, q1, %q[hi]\n\t"                                                \
                     "vstrb.32 q1, [%[out]], #4\n\t"                                              \
                     "letp lr, 1b"                                                                \
                     : [fine] "+l"(b), [coarse] "+l"(a), [out] "+l"(out)                          \
                     : [fine_offset] "r"(fine->offset), [m] "r"(fine->multiplier),                \
                       [e] "r"(fine->shift), [sum_m] "r"(add->multiplier),                        \
                       [sum_e] "r"(add->shift), [unit] "r"(1 << 19), [n] "r"(n),                  \
                       [coarse_offset] "w"(offset), [z] "w"(z), [lo] "w"(lo), [hi] "w"(hi)        \
                     : "q0", "q1", "q2", "lr", "memory")

/* The coarser operand is a. */
static void run(const tr_add *add, const tr_add_operand *coarse, const tr_add_operand *fine,
                const int8_t *a, const int8_t *b, int8_t *out, int32_t n)
{
    const tr_v4 lo = tr_v4_all(add->output.lo), hi = tr_v4_all(add->output.hi);
    const tr_v4 offset = tr_v4_all(coarse->offset * (1 << 19));
    const tr_v4 z = tr_v4_all(add->output.zero_point);
    const int rectified = add->output.lo >= add->output.zero_point;
    if (fine->multiplier == HALF && fine->shift == 0) {
        if (rectified) {
            RUN(HALVED, "");
        } else {
            RUN(HALVED, AWAY);
        }
    } else if (rectified) {
        RUN(SCALED, "");
    } else {
        RUN(SCALED, AWAY);
    }
}

#else

static int32_t widen(const tr_add_operand *operand, int32_t value)
{
    return tr_multiply((value + operand->offset) * (1 << 20), operand->multiplier, operand->shift);
}

static void run(const tr_add *add, const tr_add_operand *coarse, const tr_add_operand *fine,
                const int8_t *a, const int8_t *b, int8_t *out, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        const int32_t sum = (a[i] + coarse->offset) * (1 << 19) + widen(fine, b[i]);
        out[i] = tr_requantize(sum, add->multiplier, add->shift, &add->output);
    }
}
#endif

void tr_mve_add(const tr_add *add, const int8_t *a, const int8_t *b, int8_t *out, int32_t n)
{
    if (add->a.multiplier == HALF && add->a.shift == 0) {
        run(add, &add->a, &add->b, a, b, out, n);
    } else {
        run(add, &add->b, &add->a, b, a, out, n);
    }
}
