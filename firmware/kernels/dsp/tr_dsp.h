/* The instructions of Arm's DSP extension (Cortex-M4, M7, M33) that the kernels in this folder
 * are made of. On other machines each has an exact twin in C, so that the very same kernels run
 * on a host, under its sanitizers.
 *
 * A word holds two int16 lanes, the lower one first. SMLAD wraps modulo 2^32, as do the twins. */
#ifndef TINYROB_TR_DSP_H
#define TINYROB_TR_DSP_H

#include <stdint.h>

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#define TR_DSP_INSTRUCTIONS 1
#include <arm_acle.h>

/* For functions whose body is one block of assembly, with its own prologue; and for their
 * arguments, which the compiler does not see used. */
#define TR_DSP_ASSEMBLY __attribute__((naked))
#define TR_DSP_UNUSED __attribute__((unused))

/* a.lo * b.lo + a.hi * b.hi + sum */
static inline int32_t tr_smlad(int32_t a, int32_t b, int32_t sum)
{
    return __smlad(a, b, sum);
}

/* One lane of each by the other: of a, then of b, the lower (b) or the higher one (t); + sum. */
static inline int32_t tr_smlabb(int32_t a, int32_t b, int32_t sum)
{
    return __smlabb(a, b, sum);
}

static inline int32_t tr_smlabt(int32_t a, int32_t b, int32_t sum)
{
    return __smlabt(a, b, sum);
}

static inline int32_t tr_smlatb(int32_t a, int32_t b, int32_t sum)
{
    return __smlatb(a, b, sum);
}

static inline int32_t tr_smlatt(int32_t a, int32_t b, int32_t sum)
{
    return __smlatt(a, b, sum);
}

/* Bytes 0 and 2 of a word, sign-extended to its lanes. */
static inline int32_t tr_sxtb16(int32_t word)
{
    return __sxtb16(word);
}

/* Bytes 1 and 3. */
static inline int32_t tr_sxtb16_odd(int32_t word)
{
    int32_t lanes;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(lanes) : "r"(word));
    return lanes;
}

/* (a.lo, b.lo) and (a.hi, b.hi). */
static inline int32_t tr_pack_low(int32_t a, int32_t b)
{
    int32_t lanes;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(lanes) : "r"(a), "r"(b));
    return lanes;
}

static inline int32_t tr_pack_high(int32_t a, int32_t b)
{
    int32_t lanes;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(lanes) : "r"(b), "r"(a));
    return lanes;
}

/* Two sums of lanes. */
static inline int32_t tr_sadd16(int32_t a, int32_t b)
{
    return __sadd16(a, b);
}

/* Two differences. */
static inline int32_t tr_ssub16(int32_t a, int32_t b)
{
    return __ssub16(a, b);
}

/* The larger and the smaller of each of four bytes. */
static inline int32_t tr_max8(int32_t a, int32_t b)
{
    int32_t larger;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(larger) : "r"(a), "r"(b) : "cc");
    return larger;
}

static inline int32_t tr_min8(int32_t a, int32_t b)
{
    int32_t smaller;
    __asm__("ssub8 %0, %2, %1\n\tsel %0, %1, %2" : "=&r"(smaller) : "r"(a), "r"(b) : "cc");
    return smaller;
}

/* (a * b + 2^31) / 2^32 towards minus infinity; with sum: that of sum * 2^32 + a * b + 2^31. */
static inline int32_t tr_smmulr(int32_t a, int32_t b)
{
    int32_t high;
    __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(a), "r"(b));
    return high;
}

static inline int32_t tr_smmlar(int32_t a, int32_t b, int32_t sum)
{
    int32_t high;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(high) : "r"(a), "r"(b), "r"(sum));
    return high;
}

/* Clamped to [-128, 127]. */
static inline int32_t tr_ssat8(int32_t x)
{
    int32_t clamped;
    __asm__("ssat %0, #8, %1" : "=r"(clamped) : "r"(x));
    return clamped;
}

#else

#define TR_DSP_ASSEMBLY
#define TR_DSP_UNUSED
#include "tr_dsp_emulation.h"

#endif

/* a + b, a - b and a * 2^n modulo 2^32. */
static inline int32_t tr_wrapping_add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int32_t tr_wrapping_sub(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)b);
}

/* Words that so many bytes take, which are not fewer than none: a shift, where a division has to
 * look at the sign. */
static inline int32_t tr_words(int32_t bytes)
{
    return (bytes + 3) >> 2;
}

/* A byte, in each of a word's four. */
static inline int32_t tr_four_times(int32_t byte)
{
    return (int32_t)(0x01010101u * ((uint32_t)byte & 0xffu));
}

/* Four bytes at any address. */
static inline int32_t tr_load4(const int8_t *from)
{
    int32_t word;
    __builtin_memcpy(&word, from, 4);
    return word;
}

static inline void tr_store4(int8_t *to, int32_t word)
{
    __builtin_memcpy(to, &word, 4);
}

#endif
