#include "tr_dsp_taps.h"

#ifdef TR_DSP_INSTRUCTIONS

#define BOTH(op, a, b, rest) op " " a ", " a rest "\n" op " " b ", " b rest "\n"
#define PUT(a, b)                                                                                 \
    BOTH("asr", a, b, ", lr")                                                                     \
    "ssat " a ", #8, " a "\n ssat " b ", #8, " b "\n"
#define RECTIFIED(a, b) "ldmia.w r1!, {r3, r12, lr}\n" BOTH("smmlar", a, b, ", r3, r12") PUT(a, b)
#define ANY(a, b)                                                                                 \
    "ldmia.w r1!, {r3, r12, lr}\n" BOTH("smmulr", a, b, ", r3")                                   \
    "add " a ", " a ", " a ", asr #31\n add " b ", " b ", " b ", asr #31\n"                       \
    BOTH("add", a, b, ", r12") PUT(a, b)

#endif

void tr_dsp_taps(const tr_dsp_taps_row *row TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: a tap of the first window; r1: stream; r2: stride; r4-r7, r8-r11: both outputs' sums.
     * Frame: stream, its end (4), from (8), stride, out (16), its end (20), odd (24), step (28),
     * rectified (32). */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #36\n"
                     "ldmia.w r0, {r1-r9}\n"
                     "add r6, r5, r6\n"
                     "stmia.w sp, {r1-r9}\n"
                     "mov r2, r4\n"
                     "1:\n"
                     "ldr r1, [sp]\n"
                     "ldr r0, [sp, #8]\n"
                     "ldmia.w r1!, {r4-r7}\n"
                     "mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n"
                     "2:\n"
                     "ldr r3, [r1], #4\n"
                     "ldr r12, [r1], #4\n"
                     "add r0, r0, r3\n"
                     "ldr r3, [r1], #4\n"
                     "ldr lr, [r0]\n"
                     "smlabb r4, lr, r12, r4\n smlatt r6, lr, r12, r6\n"
                     "ldr.w lr, [r0, r2]\n"
                     "smlabb r8, lr, r12, r8\n smlatt r10, lr, r12, r10\n"
                     "ldr lr, [r0, #4]!\n"
                     "ldr.w r12, [r0, r2]\n"
                     "smlabb r5, lr, r3, r5\n smlatt r7, lr, r3, r7\n"
                     "ldr lr, [sp, #4]\n"
                     "smlabb r9, r12, r3, r9\n smlatt r11, r12, r3, r11\n"
                     "cmp r1, lr\n"
                     "bne 2b\n"
                     "ldr r3, [sp, #32]\n"
                     "cmp r3, #0\n"
                     "beq 3f\n" RECTIFIED("r4", "r8") RECTIFIED("r5", "r9") RECTIFIED("r6", "r10")
                     RECTIFIED("r7", "r11") "4:\n"
                     "ldr r12, [sp, #16]\n ldr lr, [sp, #28]\n ldr r0, [sp, #8]\n ldr r1, [sp, #20]\n"
                     "add r3, r12, lr\n"
                     "strb.w r8, [r3]\n strb.w r9, [r3, #1]\n"
                     "strb.w r10, [r3, #2]\n strb.w r11, [r3, #3]\n"
                     "strb.w r4, [r12]\n strb.w r5, [r12, #1]\n"
                     "strb.w r6, [r12, #2]\n strb.w r7, [r12, #3]\n"
                     "add r3, r3, lr\n"
                     "add r0, r0, r2, lsl #1\n"
                     "cmp r3, r1\n"
                     "str r3, [sp, #16]\n str r0, [sp, #8]\n"
                     "bne 1b\n"
                     "ldr r1, [sp, #24]\n"
                     "cmp r1, #0\n"
                     "beq 5f\n" /* else the last output and the one before it, once more */
                     "mov r1, #0\n"
                     "str r1, [sp, #24]\n"
                     "sub r0, r0, r2\n"
                     "str r0, [sp, #8]\n"
                     "sub r3, r3, lr\n"
                     "add r1, r3, lr, lsl #1\n"
                     "strd r3, r1, [sp, #16]\n"
                     "b 1b\n"
                     "3:\n" ANY("r4", "r8") ANY("r5", "r9") ANY("r6", "r10") ANY("r7", "r11")
                     "b 4b\n"
                     "5:\n"
                     "add sp, #36\n"
                     "pop {r4-r11, pc}\n");
}
#else
{
    const int32_t *factors = row->stream_end;
    const int32_t count = row->step == 0 ? 1 : row->span / row->step + row->odd;
    for (int32_t x = 0; x < count; x++) {
        const int8_t *from = (const int8_t *)row->from + x * row->stride;
        int32_t sums[4] = {row->stream[0], row->stream[1], row->stream[2], row->stream[3]};
        for (const int32_t *tap = row->stream + 4; tap != row->stream_end; tap += 3) {
            from += tap[0];
            const int32_t even = tr_load4(from), odd = tr_load4(from + 4);
            sums[0] = tr_smlabb(even, tap[1], sums[0]);
            sums[1] = tr_smlabb(odd, tap[2], sums[1]);
            sums[2] = tr_smlatt(even, tap[1], sums[2]);
            sums[3] = tr_smlatt(odd, tap[2], sums[3]);
            from += 4;
        }
        for (int32_t j = 0; j < 4; j++) {
            const int32_t m = factors[3 * j], n = factors[3 * j + 1], e = factors[3 * j + 2];
            const int32_t y = tr_smmulr(sums[j], m);
            const int32_t all =
                row->rectified ? tr_smmlar(sums[j], m, n) : y + (y >> 31) + n;
            row->out[x * row->step + j] = (int8_t)tr_ssat8(all >> e);
        }
    }
}
#endif
