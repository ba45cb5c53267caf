/* Eight taps of a pair of ternary channels in a word: each byte holds, from its lowest bit on, u0
 * of two taps and u1 of the same two. One AND with a shifted operand gives the lanes of two taps:
 * those at bits 0 and 16, then 2 and 18, 8 and 24, 10 and 26. */
#include "tr_dsp_packed.h"

#define TR_LANE_MASK "#0x0033"
#define TR_FIELD_MASK 0x00030003
#ifdef TR_DSP_INSTRUCTIONS
#define HALF(shift)                                                                               \
    "and.w r9, lr, r8" shift "\n"                                                                 \
    "ldmia.w r1!, {r10, r11, r12}\n"                                                              \
    "smlad r2, r9, r10, r2\n smlad r3, r9, r11, r3\n smlad r4, r9, r12, r4\n"                     \
    "and.w r9, r9, #0x00030003\n"                                                                 \
    "smlad r5, r9, r10, r5\n smlad r6, r9, r11, r6\n smlad r7, r9, r12, r7\n"
#define TR_ROUND                                                                                  \
    "ldr.w r8, [r0], #4\n" HALF("") HALF(", lsr #2") HALF(", lsr #8") HALF(", lsr #10")
#else
#define TR_WORDS 1
static int32_t lanes(const int32_t *words, int32_t half)
{
    return (int32_t)((uint32_t)words[0] >> (2 * (half & 1) + 8 * (half >> 1)) & 0x00330033U);
}
#endif
#include "tr_dsp_packed_dot.h"

void tr_dsp_dot_2bit(const tr_dsp_packed *pixels TR_DSP_UNUSED)
{
#ifdef TR_DSP_INSTRUCTIONS
    __asm__ volatile(TR_DOT);
#else
    dot(pixels);
#endif
}
