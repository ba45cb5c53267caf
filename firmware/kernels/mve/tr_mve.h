/* Vectors of four int32 lanes as the kernels in this folder use them: instructions of Arm's MVE
 * (Helium: Cortex-M55, M85), and on other machines exact twins in C, so that the very same
 * kernels run on a host, under its sanitizers. */
#ifndef TINYROB_TR_MVE_H
#define TINYROB_TR_MVE_H

#include <stdint.h>

#include "tinyrob/tr_qmath.h"

#ifdef __ARM_FEATURE_MVE

#define TR_MVE_INSTRUCTIONS 1
#include <arm_mve.h>

/* For functions whose body is one block of assembly, with its own prologue; and for their
 * arguments, which the compiler does not see used. */
#define TR_MVE_ASSEMBLY __attribute__((naked))
#define TR_MVE_UNUSED __attribute__((unused))

/* For functions with assembly of many operands, which leaves no registers for a caller's values. */
#define TR_MVE_APART __attribute__((noinline))

typedef int32x4_t tr_v4;
typedef mve_pred16_t tr_v4_mask;

/* The first n lanes, n >= 0: all for n >= 4. */
static inline tr_v4_mask tr_v4_first(int32_t n)
{
    return vctp32q((uint32_t)n);
}

/* Four int8, of which those that the mask leaves out are not read and become 0. */
static inline tr_v4 tr_v4_load8(const int8_t *from, tr_v4_mask mask)
{
    return vldrbq_z_s32(from, mask);
}

/* The low bytes of the lanes in the mask. */
static inline void tr_v4_store8(int8_t *to, tr_v4 v, tr_v4_mask mask)
{
    vstrbq_p_s32(to, v, mask);
}

static inline tr_v4 tr_v4_load(const int32_t *from)
{
    return vldrwq_s32(from);
}

static inline void tr_v4_store(int32_t *to, tr_v4 v)
{
    vstrwq_s32(to, v);
}

static inline tr_v4 tr_v4_all(int32_t x)
{
    return vdupq_n_s32(x);
}

static inline tr_v4 tr_v4_four(int32_t a, int32_t b, int32_t c, int32_t d)
{
    tr_v4 v;
    __asm__("vmov %q0[2], %q0[0], %1, %3\n\tvmov %q0[3], %q0[1], %2, %4"
            : "=&w"(v)
            : "r"(a), "r"(b), "r"(c), "r"(d));
    return v;
}

static inline tr_v4 tr_v4_add(tr_v4 a, tr_v4 b)
{
    return vaddq_s32(a, b);
}

static inline tr_v4 tr_v4_add_n(tr_v4 a, int32_t n)
{
    return vaddq_n_s32(a, n);
}

/* -1 where a lane is negative, else 0. */
static inline tr_v4 tr_v4_sign(tr_v4 a)
{
    return vshrq_n_s32(a, 31);
}

static inline tr_v4 tr_v4_and(tr_v4 a, tr_v4 b)
{
    return vandq_s32(a, b);
}

/* tr_doubling_high_mul of each lane, by lanes or by a number. */
static inline tr_v4 tr_v4_high_mul(tr_v4 a, tr_v4 b)
{
    return vqrdmulhq_s32(a, b);
}

/* tr_mve_rounding_shift of each lane. */
static inline tr_v4 tr_v4_rounding_shift(tr_v4 a, tr_v4 shift)
{
    return vrshlq_s32(a, shift);
}

static inline tr_v4 tr_v4_max(tr_v4 a, tr_v4 b)
{
    return vmaxq_s32(a, b);
}

static inline tr_v4 tr_v4_min(tr_v4 a, tr_v4 b)
{
    return vminq_s32(a, b);
}

#else

#define TR_MVE_ASSEMBLY
#define TR_MVE_UNUSED
#define TR_MVE_APART
#include "tr_mve_emulation.h"

#endif

/* Lanes to int8's range: z added, clamped to [lo, hi]. */
static inline tr_v4 tr_v4_clamp(tr_v4 a, int32_t z, tr_v4 lo, tr_v4 hi)
{
    return tr_v4_min(tr_v4_max(tr_v4_add_n(a, z), lo), hi);
}

#endif
