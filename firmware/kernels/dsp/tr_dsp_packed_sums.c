#include "tr_dsp_packed.h"

#ifdef TR_DSP_INSTRUCTIONS

#define THREE_WINDOWS(a, b, c)                                                                    \
    "smlad r3, " a ", lr, r3\n smlad r11, " b ", lr, r11\n smlad r12, " c ", lr, r12\n"
#define STEP                                                                                      \
    "ldmia.w r0!, {r4-r9}\n" THREE_WINDOWS("r4", "r5", "r6") THREE_WINDOWS("r7", "r8", "r9")

#endif

void tr_dsp_packed_sums(const int32_t *taps TR_DSP_UNUSED, const int32_t *taps_end TR_DSP_UNUSED,
                        int32_t sums[3] TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r3, r11, r12: sums; lr: two lanes of 1. */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "mov lr, #0x00010001\n"
                     "mov r3, #0\n mov r11, #0\n mov r12, #0\n"
                     "0:\n" STEP STEP
                     "cmp r0, r1\n"
                     "bne 0b\n"
                     "stmia.w r2, {r3, r11, r12}\n"
                     "pop {r4-r11, pc}\n");
}
#else
{
    sums[0] = sums[1] = sums[2] = 0;
    for (; taps != taps_end; taps += 3) {
        for (int32_t j = 0; j < 3; j++) {
            sums[j] = tr_smlad(taps[j], 0x00010001, sums[j]);
        }
    }
}
#endif
