#include "tr_dsp_dot4.h"

#ifdef TR_DSP_INSTRUCTIONS

#define STEP                                                                                      \
    "ldr r7, [r1], #4\n"                                                                          \
    "ldmia.w r0!, {r8-r11}\n"                                                                     \
    "sxtb16 r6, r7\n sxtb16 r7, r7, ror #8\n"                                                     \
    "smlad r2, r8, r6, r2\n smlad r4, r9, r6, r4\n"                                               \
    "smlad r2, r10, r7, r2\n smlad r4, r11, r7, r4\n"                                             \
    "sxtb16 r8, r8\n sxtb16 r9, r9\n sxtb16 r10, r10\n sxtb16 r11, r11\n"                         \
    "smlad r3, r8, r6, r3\n smlad r5, r9, r6, r5\n"                                               \
    "smlad r3, r10, r7, r3\n smlad r5, r11, r7, r5\n"

#endif

void tr_dsp_dot4(const int32_t *stream TR_DSP_UNUSED, const int8_t *in TR_DSP_UNUSED,
                 int32_t steps TR_DSP_UNUSED, int32_t sums[4] TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: stream; r1: in; r2, r4: both channels of a pair; r3, r5: the first of them; lr: steps
     * left; r12: sums. */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "mov lr, r2\n"
                     "mov r12, r3\n"
                     "ldmia.w r0!, {r2-r5}\n"
                     "tst lr, #1\n"
                     "beq 1f\n"
                     "add lr, lr, #1\n"
                     "b 2f\n"
                     "1:\n" STEP "2:\n" STEP
                     "subs lr, lr, #2\n"
                     "bne 1b\n"
                     "sub r2, r2, r3\n"
                     "sub r4, r4, r5\n"
                     "asr r6, r2, #8\n"
                     "asr r8, r4, #8\n"
                     "mov r7, r5\n"
                     "mov r5, r3\n"
                     "stmia.w r12, {r5-r8}\n"
                     "pop {r4-r11, pc}\n");
}
#else
{
    int32_t both[2] = {stream[0], stream[2]}, low[2] = {stream[1], stream[3]};
    stream += 4;
    for (; steps > 0; steps--, in += 4) {
        const int32_t word = tr_load4(in);
        const int32_t taps[2] = {tr_sxtb16(word), tr_sxtb16_odd(word)};
        for (int32_t half = 0; half < 2; half++) {
            for (int32_t pair = 0; pair < 2; pair++, stream++) {
                both[pair] = tr_smlad(*stream, taps[half], both[pair]);
                low[pair] = tr_smlad(tr_sxtb16(*stream), taps[half], low[pair]);
            }
        }
    }
    for (int32_t pair = 0; pair < 2; pair++) {
        sums[2 * pair] = low[pair];
        sums[2 * pair + 1] = tr_wrapping_sub(both[pair], low[pair]) >> 8;
    }
}
#endif
