#include "tr_dsp_depthwise1.h"

#ifdef TR_DSP_INSTRUCTIONS

/* Two taps of four neighbouring outputs: two words are there, two more are loaded. */
#define TWO_TAPS(a, b, c, d)                                                                      \
    "ldmia.w r0!, {" c ", " d "}\n"                                                               \
    "ldr r7, [r1], #4\n"                                                                          \
    "smlad r3, " a ", r7, r3\n smlad r4, " b ", r7, r4\n"                                         \
    "smlad r5, " c ", r7, r5\n smlad r6, " d ", r7, r6\n"
#define EACH(op, rest)                                                                            \
    op " r3, r3" rest "\n" op " r4, r4" rest "\n" op " r5, r5" rest "\n" op " r6, r6" rest "\n"

#endif

void tr_dsp_depthwise1(const tr_dsp_channel1 *channel TR_DSP_UNUSED, int32_t pairs TR_DSP_UNUSED,
                       const int32_t *plane TR_DSP_UNUSED, int8_t *out TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: taps; r1: weights; r2: out; r3-r6: sums; r12: pairs left; lr: outputs left.
     * Frame: m, n, e, pitch, bias (16), pairs (20), plane (24), weights (28), rectified (32). */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #36\n"
                     "ldmia.w r0!, {r4-r10}\n"
                     "stmia.w sp, {r4-r8}\n"
                     "mov lr, r10\n"
                     "strd r1, r2, [sp, #20]\n"
                     "strd r0, r9, [sp, #28]\n"
                     "mov r2, r3\n"
                     "0:\n"
                     "ldr r3, [sp, #16]\n"
                     "ldr r12, [sp, #20]\n"
                     "ldrd r0, r1, [sp, #24]\n"
                     "mov r4, r3\n mov r5, r3\n mov r6, r3\n"
                     "ldmia.w r0!, {r8, r9}\n"
                     "1:\n" TWO_TAPS("r8", "r9", "r10", "r11")
                     "subs r12, r12, #1\n"
                     "beq 2f\n" TWO_TAPS("r10", "r11", "r8", "r9")
                     "subs r12, r12, #1\n"
                     "bne 1b\n"
                     "2:\n"
                     "ldmia.w sp, {r7-r10}\n"
                     "ldr r11, [sp, #32]\n" EACH("lsl", ", #1")
                     "cmp r11, #0\n"
                     "beq 3f\n" EACH("smmlar", ", r7, r8")
                     "4:\n" EACH("asr", ", r9")
                     "ssat r3, #8, r3\n ssat r4, #8, r4\n ssat r5, #8, r5\n ssat r6, #8, r6\n"
                     "strb r3, [r2]\n strb r4, [r2, r10]\n"
                     "add r2, r2, r10, lsl #1\n"
                     "strb r5, [r2]\n strb r6, [r2, r10]\n"
                     "add r2, r2, r10, lsl #1\n"
                     "ldr r0, [sp, #24]\n"
                     "subs lr, lr, #4\n"
                     "beq 5f\n"
                     "cmp lr, #4\n"
                     "bge 6f\n" /* else the last four once more */
                     "rsb r12, lr, #4\n"
                     "sub r0, r0, r12, lsl #2\n"
                     "mls r2, r12, r10, r2\n"
                     "mov lr, #4\n"
                     "6:\n"
                     "add r0, r0, #16\n"
                     "str r0, [sp, #24]\n"
                     "b 0b\n"
                     "3:\n" EACH("smmulr", ", r7")
                     "add r3, r3, r3, asr #31\n add r4, r4, r4, asr #31\n"
                     "add r5, r5, r5, asr #31\n add r6, r6, r6, asr #31\n" EACH("add", ", r8")
                     "b 4b\n"
                     "5:\n"
                     "add sp, #36\n"
                     "pop {r4-r11, pc}\n");
}
#else
{
    const int32_t *w = (const int32_t *)(channel + 1);
    for (int32_t x = 0; x < channel->outputs; x++) {
        int32_t sum = channel->bias;
        for (int32_t j = 0; j < pairs; j++) {
            sum = tr_smlad(plane[x + 2 * j], w[j], sum);
        }
        if (channel->rectified) {
            sum = tr_smmlar(2 * sum, channel->m, channel->n);
        } else {
            const int32_t y = tr_smmulr(2 * sum, channel->m);
            sum = y + (y >> 31) + channel->n;
        }
        out[x * channel->pitch] = (int8_t)tr_ssat8(sum >> channel->e);
    }
}
#endif
