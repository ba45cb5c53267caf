#include "tr_dsp_short.h"

#ifdef TR_DSP_INSTRUCTIONS

#define THREE(a, b, c)                                                                            \
    "ldmia.w r0!, {r10, r11, r12}\n"                                                              \
    "smlad lr, r10, " a ", lr\n smlad lr, r11, " b ", lr\n smlad lr, r12, " c ", lr\n"
#define SUM                                                                                       \
    "ldr lr, [sp, #24]\n" THREE("r3", "r4", "r5") THREE("r6", "r7", "r8") "ldrd r10, r11, [sp, #28]\n"
#define RECTIFIED "smmlar lr, lr, r10, r11\n"
#define ANY "smmulr lr, lr, r10\n add lr, lr, lr, asr #31\n add lr, lr, r11\n"
#define PUT(to) "asr lr, lr, r9\n ssat lr, #8, lr\n strb.w lr, [r1" to "]\n"
#define NEXT                                                                                      \
    "add r1, r1, r2, lsl #1\n"                                                                    \
    "subs r9, r9, #256\n"

#endif

void tr_dsp_short12(const tr_dsp_short_run *run TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: taps; r1: out; r2: step; r3-r8: a channel's weights; r9: e, above its byte how many
     * pairs are left, less one. Frame: taps, out (4), that count (8), rectified (12), stream (16),
     * its end (20), bias (24), m, n. */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #36\n"
                     "ldmia.w r0, {r1-r7}\n"
                     "sub r4, r4, #1\n"
                     "lsl r4, r4, #8\n"
                     "strd r1, r2, [sp]\n strd r4, r5, [sp, #8]\n strd r6, r7, [sp, #16]\n"
                     "mov r2, r3\n"
                     "0:\n"
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
                     "cmp r11, #0\n"
                     "beq.w 2f\n"
                     "1:\n" SUM RECTIFIED PUT("") SUM RECTIFIED PUT(", r2") NEXT
                     "bpl 1b\n"
                     "3:\n"
                     "ldrd r11, r12, [sp, #16]\n"
                     "cmp r11, r12\n"
                     "bne 0b\n"
                     "add sp, #36\n"
                     "pop {r4-r11, pc}\n"
                     "2:\n" SUM ANY PUT("") SUM ANY PUT(", r2") NEXT
                     "bpl 2b\n"
                     "b 3b\n");
}
#else
{
    tr_dsp_short_twin(run, 3);
}
#endif
