#include "tr_dsp_short.h"

#ifdef TR_DSP_INSTRUCTIONS

#define THREE(a, b, c)                                                                            \
    "ldmia.w r0!, {r10, r11, r12}\n"                                                              \
    "smlad lr, r10, " a ", lr\n smlad lr, r11, " b ", lr\n smlad lr, r12, " c ", lr\n"
#define OUTPUT(how)                                                                               \
    "ldr lr, [sp, #24]\n" THREE("r3", "r4", "r5") THREE("r6", "r7", "r8")                         \
    "ldrd r10, r11, [sp, #28]\n" how("lr", "r10", "r11", "r9")
#define FIRST(how) OUTPUT(how) TR_DSP_SHORT_FIRST("lr")
#define SECOND(how) OUTPUT(how) TR_DSP_SHORT_SECOND("lr")
#define ROUND(in, how)                                                                            \
    in "0:\n" FIRST(how) in "1:\n" SECOND(how) in "2:\n" FIRST(how) in "3:\n" SECOND(how)         \
    "subs r9, r9, #256\n"                                                                         \
    "bpl.w " in "0b\n"

#endif

void tr_dsp_short12(const tr_dsp_short_run *run TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: taps; r1: out; r2: step; r3-r8: a channel's weights; r9: e, above its byte how many
     * rounds are left, less one. Frame: taps, out (4), that count (8), way in (12), stream (16),
     * its end (20), bias (24), m, n. */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #36\n" TR_DSP_SHORT_START
                     "strd r1, r2, [sp]\n strd r4, r5, [sp, #8]\n strd r6, r7, [sp, #16]\n"
                     "mov r2, r3\n"
                     "4:\n"
                     "ldr lr, [sp, #16]\n"
                     "ldmia.w lr!, {r3-r12}\n"
                     "strd r9, r10, [sp, #24]\n"
                     "str r11, [sp, #32]\n"
                     "str lr, [sp, #16]\n"
                     "mov r9, r12\n"
                     "ldmia.w sp, {r0, r1, r10, r11}\n"
                     "orr r9, r9, r10\n"
                     "add r10, r1, #1\n"
                     "str r10, [sp, #4]\n"
                     "tbh [pc, r11, lsl #1]\n"
                     "5:\n"
                     ".hword (10f-5b)/2, (11f-5b)/2, (12f-5b)/2, (13f-5b)/2\n"
                     ".hword (20f-5b)/2, (21f-5b)/2, (22f-5b)/2, (23f-5b)/2\n"
                     ROUND("1", TR_DSP_SHORT_RECTIFIED)
                     "14:\n"
                     "ldrd r11, r12, [sp, #16]\n"
                     "cmp r11, r12\n"
                     "bne.w 4b\n"
                     "add sp, #36\n"
                     "pop {r4-r11, pc}\n"
                     ROUND("2", TR_DSP_SHORT_ANY)
                     "b.w 14b\n");
}
#else
{
    tr_dsp_short_twin(run, 6);
}
#endif
