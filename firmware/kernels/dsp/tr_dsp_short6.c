#include "tr_dsp_short.h"

#ifdef TR_DSP_INSTRUCTIONS

#define OUTPUT(how)                                                                               \
    "ldmia.w r0!, {r10, r11, r12}\n"                                                              \
    "smlad r10, r10, r3, r6\n smlad r10, r11, r4, r10\n smlad r10, r12, r5, r10\n"                \
    how("r10", "r7", "r8", "r9")
#define FIRST(how) OUTPUT(how) TR_DSP_SHORT_FIRST("r10")
#define SECOND(how) OUTPUT(how) TR_DSP_SHORT_SECOND("r10")
#define ROUND(in, how)                                                                            \
    in "0:\n" FIRST(how) in "1:\n" SECOND(how) in "2:\n" FIRST(how) in "3:\n" SECOND(how)         \
    "subs r9, r9, #256\n"                                                                         \
    "bpl.w " in "0b\n"

#endif

void tr_dsp_short6(const tr_dsp_short_run *run TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: taps; r1: out; r2: step; r3-r9: a channel's words, above e's byte how many rounds are
     * left, less one; lr: stream. Frame: taps, out (4), that count (8), way in (12), stream_end
     * (16). */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #20\n" TR_DSP_SHORT_START
                     "strd r1, r2, [sp]\n strd r4, r5, [sp, #8]\n str r7, [sp, #16]\n"
                     "mov r2, r3\n"
                     "mov lr, r6\n"
                     "4:\n"
                     "ldmia.w sp, {r0, r1, r10, r11}\n"
                     "ldmia.w lr!, {r3-r9}\n"
                     "orr r9, r9, r10\n"
                     "add r10, r1, #1\n"
                     "str r10, [sp, #4]\n"
                     "tbb [pc, r11]\n"
                     "5:\n"
                     ".byte (10f-5b)/2, (11f-5b)/2, (12f-5b)/2, (13f-5b)/2\n"
                     ".byte (20f-5b)/2, (21f-5b)/2, (22f-5b)/2, (23f-5b)/2\n"
                     ROUND("1", TR_DSP_SHORT_RECTIFIED)
                     "14:\n"
                     "ldr r10, [sp, #16]\n"
                     "cmp lr, r10\n"
                     "bne.w 4b\n"
                     "add sp, #20\n"
                     "pop {r4-r11, pc}\n"
                     ROUND("2", TR_DSP_SHORT_ANY)
                     "b 14b\n");
}
#else
{
    tr_dsp_short_twin(run, 3);
}
#endif
