#include "tr_dsp_short.h"

#ifdef TR_DSP_INSTRUCTIONS

#define LOAD "ldmia.w r0!, {r10, r11, r12, lr}\n"
#define SUM(a, b) "smlad " a ", " a ", r4, r6\n smlad " a ", " b ", r5, " a "\n"
#define FIRST(how) SUM("r10", "r11") how("r10", "r7", "r8", "r9") TR_DSP_SHORT_FIRST("r10")
#define SECOND(how) SUM("r12", "lr") how("r12", "r7", "r8", "r9") TR_DSP_SHORT_SECOND("r12")
#define ROUND(in, how)                                                                            \
    in "0:\n" LOAD FIRST(how) in "1:\n" SECOND(how) in "2:\n" LOAD FIRST(how) in "3:\n" SECOND(how) \
    "subs r9, r9, #256\n"                                                                         \
    "bpl.w " in "0b\n"

#endif

void tr_dsp_short(const tr_dsp_short_run *run TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: taps; r1: out; r2: step; r3: stream; r4-r9: a channel's words, above e's byte how many
     * rounds are left, less one. Frame: taps, out (4), that count (8), way in (12), stream_end
     * (16). */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #20\n" TR_DSP_SHORT_START
                     "strd r1, r2, [sp]\n strd r4, r5, [sp, #8]\n str r7, [sp, #16]\n"
                     "mov r2, r3\n"
                     "mov r3, r6\n"
                     "4:\n"
                     "ldmia.w sp, {r0, r1, r10, r11}\n"
                     "ldmia.w r3!, {r4-r9}\n"
                     "orr r9, r9, r10\n"
                     "add r10, r1, #1\n"
                     "str r10, [sp, #4]\n"
                     "tbb [pc, r11]\n"
                     "5:\n"
                     ".byte (10f-5b)/2, (6f-5b)/2, (12f-5b)/2, (7f-5b)/2\n"
                     ".byte (20f-5b)/2, (8f-5b)/2, (22f-5b)/2, (9f-5b)/2\n"
                     "6:\n ldmia.w r0!, {r12, lr}\n b.w 11f\n"
                     "7:\n ldmia.w r0!, {r12, lr}\n b.w 13f\n"
                     "8:\n ldmia.w r0!, {r12, lr}\n b.w 21f\n"
                     "9:\n ldmia.w r0!, {r12, lr}\n b.w 23f\n"
                     ROUND("1", TR_DSP_SHORT_RECTIFIED)
                     "14:\n"
                     "ldr r10, [sp, #16]\n"
                     "cmp r3, r10\n"
                     "bne.w 4b\n"
                     "add sp, #20\n"
                     "pop {r4-r11, pc}\n"
                     ROUND("2", TR_DSP_SHORT_ANY)
                     "b 14b\n");
}
#else
{
    tr_dsp_short_twin(run, 2);
}
#endif
