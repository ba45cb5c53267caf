#include "tr_dsp_short.h"

#ifdef TR_DSP_INSTRUCTIONS

#define FIRST(how, r) "smlad " r ", " r ", r4, r5\n" how(r, "r6", "r7", "r8") TR_DSP_SHORT_FIRST(r)
#define SECOND(how, r) "smlad " r ", " r ", r4, r5\n" how(r, "r6", "r7", "r8") TR_DSP_SHORT_SECOND(r)
#define ROUND(in, how)                                                                            \
    in "0:\n ldmia.w r0!, {r9-r12}\n" FIRST(how, "r9") in "1:\n" SECOND(how, "r10")               \
    in "2:\n" FIRST(how, "r11") in "3:\n" SECOND(how, "r12")                                      \
    "subs r8, r8, #256\n"                                                                         \
    "bpl.w " in "0b\n"

#endif

void tr_dsp_short2(const tr_dsp_short_run *run TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: taps; r1: out; r2: step; r3: stream; r4-r8: a channel's words, above e's byte how many
     * rounds are left, less one. Frame: taps, out (4), that count (8), way in (12), stream_end
     * (16). */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #20\n" TR_DSP_SHORT_START
                     "strd r1, r2, [sp]\n strd r4, r5, [sp, #8]\n str r7, [sp, #16]\n"
                     "mov r2, r3\n"
                     "mov r3, r6\n"
                     "4:\n"
                     "ldmia.w sp, {r0, r1, r10, r11}\n"
                     "ldmia.w r3!, {r4-r8}\n"
                     "orr r8, r8, r10\n"
                     "add r10, r1, #1\n"
                     "str r10, [sp, #4]\n"
                     "tbb [pc, r11]\n"
                     "5:\n"
                     ".byte (10f-5b)/2, (6f-5b)/2, (7f-5b)/2, (8f-5b)/2\n"
                     ".byte (20f-5b)/2, (15f-5b)/2, (16f-5b)/2, (17f-5b)/2\n"
                     "6:\n ldmia.w r0!, {r10-r12}\n b.w 11f\n"
                     "7:\n ldmia.w r0!, {r11, r12}\n b.w 12f\n"
                     "8:\n ldr.w r12, [r0], #4\n b.w 13f\n"
                     "15:\n ldmia.w r0!, {r10-r12}\n b.w 21f\n"
                     "16:\n ldmia.w r0!, {r11, r12}\n b.w 22f\n"
                     "17:\n ldr.w r12, [r0], #4\n b.w 23f\n"
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
    tr_dsp_short_twin(run, 1);
}
#endif
