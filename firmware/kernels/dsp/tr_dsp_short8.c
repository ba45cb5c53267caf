#include "tr_dsp_short.h"

#ifdef TR_DSP_INSTRUCTIONS

#define TWO(a, b, from)                                                                           \
    "ldmia.w r0!, {r11, r12}\n"                                                                   \
    "smlad lr, r11, " a ", " from "\n smlad lr, r12, " b ", lr\n"
#define OUTPUT(how) TWO("r3", "r4", "r7") TWO("r5", "r6", "lr") how("lr", "r8", "r9", "r10")
#define FIRST(how) OUTPUT(how) TR_DSP_SHORT_FIRST("lr")
#define SECOND(how) OUTPUT(how) TR_DSP_SHORT_SECOND("lr")
#define ROUND(in, how)                                                                            \
    in "0:\n" FIRST(how) in "1:\n" SECOND(how) in "2:\n" FIRST(how) in "3:\n" SECOND(how)         \
    "subs r10, r10, #256\n"                                                                       \
    "bpl.w " in "0b\n"

#endif

void tr_dsp_short8(const tr_dsp_short_run *run TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: taps; r1: out; r2: step; r3-r10: a channel's words, above e's byte how many rounds are
     * left, less one. Frame: taps, out (4), that count (8), way in (12), stream (16), its end
     * (20). */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #28\n" TR_DSP_SHORT_START
                     "strd r1, r2, [sp]\n strd r4, r5, [sp, #8]\n strd r6, r7, [sp, #16]\n"
                     "mov r2, r3\n"
                     "4:\n"
                     "ldmia.w sp, {r0, r1, r11, r12, lr}\n"
                     "ldmia.w lr!, {r3-r10}\n"
                     "str lr, [sp, #16]\n"
                     "orr r10, r10, r11\n"
                     "add r11, r1, #1\n"
                     "str r11, [sp, #4]\n"
                     "tbb [pc, r12]\n"
                     "5:\n"
                     ".byte (10f-5b)/2, (11f-5b)/2, (12f-5b)/2, (13f-5b)/2\n"
                     ".byte (20f-5b)/2, (21f-5b)/2, (22f-5b)/2, (23f-5b)/2\n"
                     ROUND("1", TR_DSP_SHORT_RECTIFIED)
                     "14:\n"
                     "ldrd r11, r12, [sp, #16]\n"
                     "cmp r11, r12\n"
                     "bne.w 4b\n"
                     "add sp, #28\n"
                     "pop {r4-r11, pc}\n"
                     ROUND("2", TR_DSP_SHORT_ANY)
                     "b 14b\n");
}
#else
{
    tr_dsp_short_twin(run, 4);
}
#endif
