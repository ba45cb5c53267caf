#include "tr_dsp_dot1.h"

#ifdef TR_DSP_INSTRUCTIONS

#define STEP                                                                                      \
    "ldr r6, [r1], #4\n"                                                                          \
    "ldmia r0!, {r4, r5}\n"                                                                       \
    "sxtb16 r7, r6\n sxtb16 r6, r6, ror #8\n"                                                     \
    "smlad r3, r4, r7, r3\n smlad r3, r5, r6, r3\n"

#endif

int32_t tr_dsp_dot1(const int32_t *stream TR_DSP_UNUSED, const int8_t *in TR_DSP_UNUSED,
                    int32_t steps TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: stream; r1: in; r2: steps left; r3: the sum. */
    __asm__ volatile("push {r4-r7}\n"
                     "ldr r3, [r0, #4]\n"
                     "adds r0, #8\n"
                     "lsls r4, r2, #31\n"
                     "beq 1f\n"
                     "adds r2, #1\n"
                     "b 2f\n"
                     "1:\n" STEP "2:\n" STEP
                     "subs r2, #2\n"
                     "bne 1b\n"
                     "mov r0, r3\n"
                     "pop {r4-r7}\n"
                     "bx lr\n");
}
#else
{
    int32_t sum = stream[1];
    for (stream += 2; steps > 0; steps--, in += 4, stream += 2) {
        const int32_t word = tr_load4(in);
        sum = tr_smlad(stream[1], tr_sxtb16_odd(word),
                       tr_smlad(stream[0], tr_sxtb16(word), sum));
    }
    return sum;
}
#endif
