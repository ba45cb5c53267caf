#include "tr_dsp_dot16.h"

#ifdef TR_DSP_INSTRUCTIONS

/* Two taps of four channels: a word of inputs, and two of weights. */
#define HALF(x, a, b)                                                                             \
    "sxtb16 r3, " a "\n sxtb16 " a ", " a ", ror #8\n"                                            \
    "smlad r4, r3, " x ", r4\n smlad r5, " a ", " x ", r5\n"                                      \
    "sxtb16 r3, " b "\n sxtb16 " b ", " b ", ror #8\n"                                            \
    "smlad r6, r3, " x ", r6\n smlad r7, " b ", " x ", r7\n"
#define STEP                                                                                      \
    "ldr r12, [r1], #4\n ldr lr, [r1], #4\n"                                                      \
    "ldmia.w r0!, {r8-r11}\n" HALF("r12", "r8", "r9") HALF("lr", "r10", "r11")

#endif

void tr_dsp_dot16(const int32_t *weights TR_DSP_UNUSED, const int16_t *in TR_DSP_UNUSED,
                  int32_t steps TR_DSP_UNUSED, int32_t sums[4] TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: weights; r1: in; r2: steps left; r3: spare; r4-r7: sums. */
    __asm__ volatile("push {r3-r11, lr}\n"
                     "movs r4, #0\n movs r5, #0\n movs r6, #0\n movs r7, #0\n"
                     "lsls r3, r2, #31\n"
                     "beq 1f\n"
                     "adds r2, #1\n"
                     "b 2f\n"
                     "1:\n" STEP "2:\n" STEP
                     "subs r2, #2\n"
                     "bne.w 1b\n"
                     "pop {r3}\n"
                     "stmia r3!, {r4-r7}\n"
                     "pop {r4-r11, pc}\n");
}
#else
{
    for (int32_t j = 0; j < 4; j++) {
        sums[j] = 0;
    }
    for (; steps > 0; steps--, in += 4, weights += 4) {
        for (int32_t half = 0; half < 2; half++) {
            const int32_t x = (int32_t)((uint32_t)(uint16_t)in[2 * half] |
                                        (uint32_t)(uint16_t)in[2 * half + 1] << 16);
            for (int32_t j = 0; j < 4; j++) {
                const int32_t word = weights[2 * half + j / 2];
                const int32_t w = j % 2 != 0 ? tr_sxtb16_odd(word) : tr_sxtb16(word);
                sums[j] = tr_smlad(w, x, sums[j]);
            }
        }
    }
}
#endif
