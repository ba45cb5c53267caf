#include "tr_dsp_short.h"

#ifdef TR_DSP_INSTRUCTIONS

#define TWO(a, b, from)                                                                           \
    "ldmia.w r0!, {r11, r12}\n"                                                                   \
    "smlad lr, r11, " a ", " from "\n smlad lr, r12, " b ", lr\n"
#define SUM TWO("r3", "r4", "r7") TWO("r5", "r6", "lr")
#define RECTIFIED "smmlar lr, lr, r8, r9\n"
#define ANY "smmulr lr, lr, r8\n add lr, lr, lr, asr #31\n add lr, lr, r9\n"
#define PUT(to) "asr lr, lr, r10\n ssat lr, #8, lr\n strb.w lr, [r1" to "]\n"
#define NEXT                                                                                      \
    "add r1, r1, r2, lsl #1\n"                                                                    \
    "subs r10, r10, #256\n"

#endif

void tr_dsp_short8(const tr_dsp_short_run *run TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: taps; r1: out; r2: step; r3-r10: a channel's words, above e's byte how many pairs are
     * left, less one. Frame: taps, out (4), that count (8), rectified (12), stream (16), its end
     * (20). */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #28\n"
                     "ldmia.w r0, {r1-r7}\n"
                     "sub r4, r4, #1\n"
                     "lsl r4, r4, #8\n"
                     "strd r1, r2, [sp]\n strd r4, r5, [sp, #8]\n strd r6, r7, [sp, #16]\n"
                     "mov r2, r3\n"
                     "0:\n"
                     "ldmia.w sp, {r0, r1, r11, r12, lr}\n"
                     "ldmia.w lr!, {r3-r10}\n"
                     "str lr, [sp, #16]\n"
                     "orr r10, r10, r11\n"
                     "add r11, r1, #1\n"
                     "str r11, [sp, #4]\n"
                     "cmp r12, #0\n"
                     "beq 2f\n"
                     "1:\n" SUM RECTIFIED PUT("") SUM RECTIFIED PUT(", r2") NEXT
                     "bpl 1b\n"
                     "3:\n"
                     "ldrd r11, r12, [sp, #16]\n"
                     "cmp r11, r12\n"
                     "bne 0b\n"
                     "add sp, #28\n"
                     "pop {r4-r11, pc}\n"
                     "2:\n" SUM ANY PUT("") SUM ANY PUT(", r2") NEXT
                     "bpl 2b\n"
                     "b 3b\n");
}
#else
{
    tr_dsp_short_twin(run, 2);
}
#endif
