#include "tr_dsp_depthwise.h"

#ifdef TR_DSP_INSTRUCTIONS

/* One output of the windows at r0 and r1; r2: out. */
#define NINE_TAPS                                                                                 \
    "ldr r9, [sp, #20]\n"                                                                         \
    "ldmia.w r0, {r10-r12}\n"                                                                     \
    "smlad r9, r10, r3, r9\n smlad r9, r11, r4, r9\n smlad r9, r12, r5, r9\n"                     \
    "ldmia.w r1, {r10-r12}\n"                                                                     \
    "smlad r9, r10, r6, r9\n smlad r9, r11, r7, r9\n smlad r9, r12, r8, r9\n"                     \
    "ldmia.w sp, {r10-r12}\n"                                                                     \
    "lsl r9, r9, #1\n"
#define STORE                                                                                     \
    "asr r9, r9, r12\n"                                                                           \
    "ldrd r10, r11, [sp, #12]\n"                                                                  \
    "ssat r9, #8, r9\n"                                                                           \
    "strb r9, [r2]\n"                                                                             \
    "add r2, r2, r10\n"                                                                           \
    "add r0, r0, r11\n add r1, r1, r11\n"                                                         \
    "cmp r2, lr\n"
/* Two windows that are a word apart: r9 and r2. */
#define THREE_COLUMNS(a, b, c)                                                                    \
    "smlad r9, r10, " a ", r9\n smlad r2, r11, " a ", r2\n"                                       \
    "smlad r9, r11, " b ", r9\n smlad r2, r12, " b ", r2\n"                                       \
    "smlad r9, r12, " c ", r9\n smlad r2, lr, " c ", r2\n"

#else

static void one_channel(const tr_dsp_channel *channel, const int32_t *upper, const int32_t *lower,
                        int8_t *out)
{
    const int32_t *w = tr_dsp_channel_weights(channel);
    for (const int8_t *end = out + channel->span; out != end; out += channel->pitch) {
        int32_t sum = channel->bias;
        for (int32_t i = 0; i < 3; i++) {
            sum = tr_smlad(lower[i], w[3 + i], tr_smlad(upper[i], w[i], sum));
        }
        if (channel->rectified) {
            *out = (int8_t)tr_ssat8(tr_smmlar(2 * sum, channel->m, channel->n) >> channel->e);
        } else {
            const int32_t y = tr_smmulr(2 * sum, channel->m);
            *out = (int8_t)tr_ssat8((y + (y >> 31) + channel->n) >> channel->e);
        }
        upper += channel->stride / 4;
        lower += channel->stride / 4;
    }
}

#endif

void tr_dsp_depthwise3(const tr_dsp_rows3 *rows TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0, r1: upper, lower; r2: out; lr: its end; r3-r8: weights; r9: the sum.
     * Frame: m, n, e, pitch, stride, bias, out (24), its end for pairs (28), its end (32); of the
     * next channel: itself (36), upper, lower, out, then width and count (56). */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #60\n"
                     "ldmia.w r0, {r0-r5}\n"
                     "add r12, sp, #36\n"
                     "stmia.w r12, {r0-r5}\n"
                     "5:\n"
                     "ldmia.w r0!, {r4-r12}\n"
                     "stmia.w sp, {r4-r9}\n"
                     "add r10, r3, r10\n"
                     "add lr, r3, r11\n"
                     "strd r3, r10, [sp, #24]\n"
                     "str lr, [sp, #32]\n"
                     "add r11, r0, #4\n" /* past `outputs` */
                     "mov r0, r1\n"
                     "mov r1, r2\n"
                     "mov r2, r3\n"
                     "ldmia.w r11!, {r3-r8}\n"
                     "str r11, [sp, #36]\n"
                     "cmp r12, #0\n"
                     "beq 2f\n"
                     "cmp r10, r2\n"
                     "beq 1f\n"
                     "4:\n"
                     "ldr r9, [sp, #20]\n"
                     "ldmia.w r0, {r10-r12, lr}\n"
                     "mov r2, r9\n" THREE_COLUMNS("r3", "r4", "r5")
                     "ldmia.w r1, {r10-r12, lr}\n" THREE_COLUMNS("r6", "r7", "r8")
                     "ldmia.w sp, {r10-r12, lr}\n"
                     "add r0, r0, #8\n add r1, r1, #8\n"
                     "lsl r9, r9, #1\n lsl r2, r2, #1\n"
                     "smmlar r9, r9, r10, r11\n smmlar r2, r2, r10, r11\n"
                     "ldrd r10, r11, [sp, #24]\n"
                     "asr r9, r9, r12\n asr r2, r2, r12\n"
                     "ssat r9, #8, r9\n ssat r2, #8, r2\n"
                     "strb r9, [r10]\n strb r2, [r10, lr]\n"
                     "add r10, r10, lr, lsl #1\n"
                     "str r10, [sp, #24]\n"
                     "cmp r10, r11\n"
                     "bne 4b\n"
                     "ldr lr, [sp, #32]\n"
                     "mov r2, r10\n"
                     "cmp r2, lr\n"
                     "beq 3f\n"
                     "1:\n" NINE_TAPS "smmlar r9, r9, r10, r11\n" STORE "bne 1b\n"
                     "b 3f\n"
                     "2:\n" NINE_TAPS "smmulr r9, r9, r10\n"
                     "add r9, r9, r9, asr #31\n"
                     "add r9, r9, r11\n" STORE "bne 2b\n"
                     "3:\n"
                     "add r12, sp, #36\n"
                     "ldmia.w r12, {r0-r5}\n"
                     "subs r5, r5, #1\n"
                     "beq 6f\n"
                     "add r1, r1, r4\n add r2, r2, r4\n add r3, r3, #1\n"
                     "stmia.w r12, {r0-r5}\n"
                     "b 5b\n"
                     "6:\n"
                     "add sp, #60\n"
                     "pop {r4-r11, pc}\n");
}
#else
{
    const tr_dsp_channel *channel = rows->channel;
    for (int32_t n = 0; n < rows->count; n++) {
        one_channel(channel, rows->upper + n * (rows->width / 4),
                    rows->lower + n * (rows->width / 4), rows->out + n);
        channel = (const tr_dsp_channel *)(tr_dsp_channel_weights(channel) + 6);
    }
}
#endif
