/* Eight taps of a pair of channels in two words: each byte is one tap, 16 * u1 + u0. One UXTB16
 * gives the lanes of two taps: bytes 0 and 2, then 1 and 3. */
#include "tr_dsp_packed.h"

#define TR_LANE_MASK "#0" /* lr takes lanes */
#define TR_FIELD_MASK 0x000f000f
#ifdef TR_DSP_INSTRUCTIONS
#define HALF(word, rotation)                                                                      \
    "uxtb16 lr, " word rotation "\n"                                                              \
    "ldmia.w r1!, {r10, r11, r12}\n"                                                              \
    "smlad r2, lr, r10, r2\n smlad r3, lr, r11, r3\n smlad r4, lr, r12, r4\n"                     \
    "and.w lr, lr, #0x000f000f\n"                                                                 \
    "smlad r5, lr, r10, r5\n smlad r6, lr, r11, r6\n smlad r7, lr, r12, r7\n"
#define TR_ROUND                                                                                  \
    "ldmia.w r0!, {r8, r9}\n" HALF("r8", "") HALF("r8", ", ror #8") HALF("r9", "")                \
        HALF("r9", ", ror #8")
#else
#define TR_WORDS 2
static int32_t lanes(const int32_t *words, int32_t half)
{
    return (int32_t)((uint32_t)words[half >> 1] >> (8 * (half & 1)) & 0x00ff00ffU);
}
#endif
#include "tr_dsp_packed_dot.h"

void tr_dsp_dot_4bit(const tr_dsp_packed *pixels TR_DSP_UNUSED)
{
#ifdef TR_DSP_INSTRUCTIONS
    __asm__ volatile(TR_DOT);
#else
    dot(pixels);
#endif
}
