#include "tr_dsp_dot2.h"

#ifdef TR_DSP_INSTRUCTIONS

#define STEP                                                                                      \
    "ldr r6, [r1], #4\n"                                                                          \
    "ldmia.w r0!, {r8, r9}\n"                                                                     \
    "sxtb16 r7, r6\n sxtb16 r6, r6, ror #8\n"                                                     \
    "smlad r4, r8, r7, r4\n smlad r4, r9, r6, r4\n"                                               \
    "sxtb16 r8, r8\n sxtb16 r9, r9\n"                                                             \
    "smlad r5, r8, r7, r5\n smlad r5, r9, r6, r5\n"

#endif

void tr_dsp_dot2(const int32_t *stream TR_DSP_UNUSED, const int8_t *in TR_DSP_UNUSED,
                 int32_t steps TR_DSP_UNUSED, int32_t sums[2] TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: stream; r1: in; r2: steps left; r3: sums; r4: both channels; r5: the first of them. */
    __asm__ volatile("push {r4-r9, lr}\n"
                     "ldmia.w r0!, {r4, r5}\n"
                     "tst r2, #1\n"
                     "beq 1f\n"
                     "add r2, r2, #1\n"
                     "b 2f\n"
                     "1:\n" STEP "2:\n" STEP
                     "subs r2, r2, #2\n"
                     "bne 1b\n"
                     "sub r4, r4, r5\n"
                     "asr r4, r4, #8\n"
                     "strd r5, r4, [r3]\n"
                     "pop {r4-r9, pc}\n");
}
#else
{
    int32_t both = stream[0], low = stream[1];
    for (stream += 2; steps > 0; steps--, in += 4, stream += 2) {
        const int32_t word = tr_load4(in), even = tr_sxtb16(word), odd = tr_sxtb16_odd(word);
        both = tr_smlad(stream[1], odd, tr_smlad(stream[0], even, both));
        low = tr_smlad(tr_sxtb16(stream[1]), odd, tr_smlad(tr_sxtb16(stream[0]), even, low));
    }
    sums[0] = low;
    sums[1] = tr_wrapping_sub(both, low) >> 8;
}
#endif
