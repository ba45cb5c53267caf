#include "tr_dsp_short.h"

#ifdef TR_DSP_INSTRUCTIONS

#define SUMS                                                                                      \
    "ldmia.w r0!, {r10, r11, r12, lr}\n"                                                          \
    "smlad r10, r10, r4, r6\n smlad r12, r12, r4, r6\n"                                           \
    "smlad r10, r11, r5, r10\n smlad r12, lr, r5, r12\n"
#define PUT                                                                                       \
    "asr r10, r10, r9\n asr r12, r12, r9\n"                                                       \
    "ssat r10, #8, r10\n ssat r12, #8, r12\n"                                                     \
    "strb.w r10, [r1]\n strb.w r12, [r1, r2]\n"                                                   \
    "add r1, r1, r2, lsl #1\n"                                                                    \
    "subs r9, r9, #256\n"

#endif

void tr_dsp_short(const tr_dsp_short_run *run TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: taps; r1: out; r2: step; r3: stream; r4-r9: a channel's words, above e's byte how many
     * pairs are left, less one. Frame: taps, out (4), that count (8), rectified (12), stream_end
     * (16). */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #20\n"
                     "ldmia.w r0, {r1-r7}\n"
                     "sub r4, r4, #1\n"
                     "lsl r4, r4, #8\n"
                     "strd r1, r2, [sp]\n strd r4, r5, [sp, #8]\n str r7, [sp, #16]\n"
                     "mov r2, r3\n"
                     "mov r3, r6\n"
                     "0:\n"
                     "ldmia.w sp, {r0, r1, r10, r11}\n"
                     "ldmia.w r3!, {r4-r9}\n"
                     "orr r9, r9, r10\n"
                     "add r10, r1, #1\n"
                     "str r10, [sp, #4]\n"
                     "cmp r11, #0\n"
                     "beq 2f\n"
                     "1:\n" SUMS "smmlar r10, r10, r7, r8\n smmlar r12, r12, r7, r8\n" PUT
                     "bpl 1b\n"
                     "3:\n"
                     "ldr r10, [sp, #16]\n"
                     "cmp r3, r10\n"
                     "bne 0b\n"
                     "add sp, #20\n"
                     "pop {r4-r11, pc}\n"
                     "2:\n" SUMS "smmulr r10, r10, r7\n smmulr r12, r12, r7\n"
                     "add r10, r10, r10, asr #31\n add r12, r12, r12, asr #31\n"
                     "add r10, r10, r8\n add r12, r12, r8\n" PUT
                     "bpl 2b\n"
                     "b 3b\n");
}
#else
{
    tr_dsp_short_twin(run, 1);
}
#endif
