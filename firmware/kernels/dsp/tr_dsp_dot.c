#include "tr_dsp_dot.h"

#ifdef TR_DSP_INSTRUCTIONS

/* Four taps of three pixels by two channels. 62 bytes of code, which the jump into the unrolled
 * loop relies on: 16-bit encodings of LDM, 32-bit ones of the rest. */
#define HALF(w)                                                                                   \
    "ldmia r1!, {r2, r3, r4}\n"                                                                   \
    "smlad r7, " w ", r2, r7\n smlad r8, " w ", r3, r8\n smlad r9, " w ", r4, r9\n"               \
    "sxtb16 " w ", " w "\n"                                                                       \
    "smlad r10, " w ", r2, r10\n smlad r11, " w ", r3, r11\n smlad r12, " w ", r4, r12\n"
#define STEP "ldmia r0!, {r5, r6}\n" HALF("r5") HALF("r6")

#define THREE(op, a, b, c, rest)                                                                  \
    op " " a ", " a rest "\n" op " " b ", " b rest "\n" op " " c ", " c rest "\n"
#define HIGH(op, rest) THREE(op, "r7", "r8", "r9", rest)
#define LOW(op, rest) THREE(op, "r10", "r11", "r12", rest)
#define HALVES_AWAY                                                                               \
    "add r7, r7, r7, asr #31\n add r8, r8, r8, asr #31\n add r9, r9, r9, asr #31\n"               \
    "add r10, r10, r10, asr #31\n add r11, r11, r11, asr #31\n add r12, r12, r12, asr #31\n"

/* A channel of three pixels, at r2 and so many bytes from there; r2 moves on. */
#define PUT(a, b, c)                                                                              \
    "strb.w " b ", [r2, r3]\n strb.w " c ", [r2, r4]\n strb.w " a ", [r2], #1\n"
#define SECOND PUT("r7", "r8", "r9")

#else

static int8_t rounded(int32_t x, int32_t m, int32_t n, int32_t f)
{
    const int32_t y = tr_smmulr(x, m);
    return (int8_t)tr_ssat8((y + (y >> 31) + n) >> f >> 1);
}

/* The second channel's output, where there is one, and the first one's. */
static void store(int8_t *out, int32_t both, int32_t low, const int32_t *p,
                  const tr_dsp_pixels *pixels, int32_t single)
{
    const int32_t f0 = p[2] & 0xff, f1 = p[2] >> 8 & 0xff, rectified = p[2] >= 0;
    const int32_t n0 = pixels->zero * (1 << f0), n1 = pixels->zero * (1 << f1);
    const int32_t high = tr_wrapping_sub(both, low); /* 256 * A1 */
    if (rectified) {
        out[0] = (int8_t)tr_ssat8(tr_smmlar(low * 2, p[1], n0) >> f0 >> 1);
    } else {
        out[0] = rounded(low * 2, p[1], n0, f0);
    }
    if (single) {
        return;
    }
    if (rectified) {
        const int32_t y = (int32_t)(((int64_t)high * p[0]) >> 32) + n1 + 64;
        out[1] = (int8_t)tr_ssat8(y >> f1 >> 1);
    } else {
        out[1] = rounded(high >> 7, p[0], n1, f1);
    }
}
#endif

void tr_dsp_dot(const tr_dsp_pixels *pixels TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: stream; r1: taps; r7-r9: 256 * A1 + A0; r10-r12: A0; lr: taps_end.
     * Frame: the triple, where the loop is entered (4: behind the steps that the first round is
     * short of), single (8), stream_end (12), zero (16). */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #20\n"
                     "ldmia.w r0, {r1-r6}\n"
                     "mov r0, r6\n"
                     "rsb r2, r2, #0\n"
                     "and r2, r2, #7\n"
                     "rsb r2, r2, r2, lsl #5\n"
                     "adr.w r7, 1f + 1\n" /* Thumb */
                     "add r2, r7, r2, lsl #1\n"
                     "stmia.w sp, {r1-r5}\n"
                     "mov r6, r1\n"
                     "b 0f\n"
                     ".balign 4\n"
                     "5:\n" SECOND
                     "str r2, [r6]\n"
                     "6:\n" /* the next triple */
                     "ldr r1, [r6, #24]\n"
                     "ldr r6, [r6, #20]\n"
                     "subs r0, r0, r1\n"
                     "str r6, [sp]\n"
                     "0:\n"
                     "ldmia.w r0!, {r7, r10}\n"
                     "mov r8, r7\n"
                     "mov r9, r7\n"
                     "mov r11, r10\n"
                     "mov r12, r10\n"
                     "ldr r1, [r6, #12]\n"
                     "ldr.w lr, [r6, #16]\n"
                     "ldr.w pc, [sp, #4]\n"
                     ".balign 32\n" /* a line of flash: the loop enters one fewer */
                     "1:\n" STEP STEP STEP STEP STEP STEP STEP STEP
                     "cmp r1, lr\n"
                     "bne.w 1b\n"
                     "ldr r5, [sp, #16]\n"
                     "ldmia r0!, {r2-r4}\n"
                     "sub r7, r7, r10\n sub r8, r8, r11\n sub r9, r9, r12\n" /* before r10-r12 double */
                     "asrs r6, r4, #8\n"
                     "lsl.w r1, r5, r6\n" /* n1 */
                     "lsl.w r5, r5, r4\n" /* n0 */
                     "bmi.w 3f\n"
                     "adds r1, #64\n"
                     HIGH("smmla", ", r2, r1") LOW("lsl", ", #1") LOW("smmlar", ", r3, r5")
                     "4:\n" HIGH("asr", ", r6") LOW("asr", ", r4")
                     "ssat r7, #8, r7, asr #1\n ssat r8, #8, r8, asr #1\n"
                     "ssat r9, #8, r9, asr #1\n ssat r10, #8, r10, asr #1\n"
                     "ssat r11, #8, r11, asr #1\n ssat r12, #8, r12, asr #1\n"
                     "ldr r6, [sp]\n"
                     "ldr r1, [sp, #12]\n"
                     "ldmia.w r6, {r2-r4}\n" PUT("r10", "r11", "r12")
                     "cmp r0, r1\n"
                     "bne.w 5b\n"
                     "ldr r1, [sp, #8]\n"
                     "cbnz r1, 7f\n" SECOND
                     "7:\n"
                     "ldr r1, [r6, #24]\n"
                     "cmp r1, #0\n"
                     "bne.w 6b\n"
                     "add sp, #20\n"
                     "pop {r4-r11, pc}\n"
                     ".balign 4\n"
                     "3:\n" /* not rectified */
                     HIGH("asr", ", #7") HIGH("smmulr", ", r2")
                     LOW("lsl", ", #1") LOW("smmulr", ", r3") HALVES_AWAY
                     HIGH("add", ", r1") LOW("add", ", r5")
                     "b 4b\n");
}
#else
{
    const int32_t *stream = pixels->stream;
    tr_dsp_triple *three = pixels->first;
    for (;;) {
        const int32_t *weights = stream + 2, *taps = three->taps;
        int32_t both[3], low[3];
        for (int32_t j = 0; j < 3; j++) {
            both[j] = stream[0];
            low[j] = stream[1];
        }
        for (; taps != three->taps_end; taps += 3, weights++) {
            for (int32_t j = 0; j < 3; j++) {
                both[j] = tr_smlad(*weights, taps[j], both[j]);
                low[j] = tr_smlad(tr_sxtb16(*weights), taps[j], low[j]);
            }
        }
        stream = weights + TR_DSP_DOT_PARAMETERS - 2;
        const int32_t last = stream == pixels->stream_end, single = last && pixels->single;
        for (int32_t j = 0; j < 3; j++) {
            int8_t *out = three->out + (j > 0 ? three->apart[j - 1] : 0);
            store(out, both[j], low[j], weights, pixels, single);
        }
        three->out += 2;
        if (last && three->back == 0) {
            return;
        }
        stream -= three->back / 4;
        three = three->next;
    }
}
#endif
