#include "tr_dsp_dense.h"

#ifdef TR_DSP_INSTRUCTIONS

/* Four taps of four channels. 64 bytes of code, which the jump into the unrolled loop relies on:
 * all are 32-bit encodings. */
#define STEP                                                                                      \
    "ldr.w r7, [r1], #4\n"                                                                        \
    "ldmia.w r0!, {r8-r11}\n"                                                                     \
    "sxtb16 r6, r7\n sxtb16 r7, r7, ror #8\n"                                                     \
    "smlad r2, r8, r6, r2\n smlad r4, r9, r6, r4\n"                                               \
    "smlad r2, r10, r7, r2\n smlad r4, r11, r7, r4\n"                                             \
    "sxtb16 r8, r8\n sxtb16 r9, r9\n sxtb16 r10, r10\n sxtb16 r11, r11\n"                         \
    "smlad r3, r8, r6, r3\n smlad r5, r9, r6, r5\n"                                               \
    "smlad r3, r10, r7, r3\n smlad r5, r11, r7, r5\n"
#define FACTOR "ldmia.w r6, {r8-r10}\n"
#define NEXT FACTOR "add r6, r6, r7\n"
#define PUT(sum)                                                                                  \
    "asr " sum ", " sum ", r10\n"                                                                 \
    "ssat " sum ", #8, " sum "\n"                                                                 \
    "strb " sum ", [r11], #1\n"
#define RECTIFIED(sum) "smmlar " sum ", " sum ", r8, r9\n" PUT(sum)
#define ANY(sum)                                                                                  \
    "smmulr " sum ", " sum ", r8\n"                                                               \
    "add " sum ", " sum ", " sum ", asr #31\n"                                                    \
    "add " sum ", " sum ", r9\n" PUT(sum)

#else

static int8_t finished(int32_t twice, const int32_t *factor, int32_t rectified)
{
    if (rectified) {
        return (int8_t)tr_ssat8(tr_smmlar(twice, factor[0], factor[1]) >> factor[2]);
    }
    const int32_t y = tr_smmulr(twice, factor[0]);
    return (int8_t)tr_ssat8((y + (y >> 31) + factor[1]) >> factor[2]);
}

#endif

void tr_dsp_dense(const tr_dsp_dense_row *row TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: stream; r1: in; r2, r4: both channels of a pair; r3, r5: the first of them; lr: rounds
     * left; r12: where the loop is entered. Frame: in, rounds (4), factors (8), advance (12),
     * fours (16), rectified (20), out (24). */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #28\n"
                     "ldmia.w r0, {r1-r8}\n"
                     "mov r0, r8\n"
                     "rsb r12, r2, #0\n"
                     "and r12, r12, #3\n"
                     "adr.w r8, 1f\n"
                     "add r12, r8, r12, lsl #6\n"
                     "orr r12, r12, #1\n"
                     "add r2, r2, #3\n"
                     "lsr r2, r2, #2\n"
                     "stmia.w sp, {r1-r7}\n"
                     "0:\n"
                     "ldmia.w r0!, {r2-r5}\n"
                     "ldrd r1, lr, [sp]\n"
                     "bx r12\n"
                     ".balign 4\n"
                     "1:\n" STEP STEP STEP STEP
                     "subs lr, lr, #1\n"
                     "bne.w 1b\n"
                     "sub r2, r2, r3\n sub r4, r4, r5\n"
                     "ldrd r6, r7, [sp, #8]\n"
                     "ldrd lr, r8, [sp, #16]\n"
                     "ldr r11, [sp, #24]\n"
                     "lsl r3, r3, #1\n asr r2, r2, #7\n lsl r5, r5, #1\n asr r4, r4, #7\n"
                     "cmp r8, #0\n"
                     "beq 2f\n"
                     "cbz r7, 4f\n" NEXT RECTIFIED("r3") NEXT RECTIFIED("r2") NEXT RECTIFIED("r5")
                     NEXT RECTIFIED("r4")
                     "3:\n"
                     "str r6, [sp, #8]\n"
                     "str r11, [sp, #24]\n"
                     "subs lr, lr, #1\n"
                     "str lr, [sp, #16]\n"
                     "bne.w 0b\n"
                     "add sp, #28\n"
                     "pop {r4-r11, pc}\n"
                     "4:\n" FACTOR RECTIFIED("r3") RECTIFIED("r2") RECTIFIED("r5") RECTIFIED("r4")
                     "b 3b\n"
                     "2:\n"
                     "cbz r7, 5f\n" NEXT ANY("r3") NEXT ANY("r2") NEXT ANY("r5") NEXT ANY("r4")
                     "b 3b\n"
                     "5:\n" FACTOR ANY("r3") ANY("r2") ANY("r5") ANY("r4") "b 3b\n");
}
#else
{
    const int32_t *stream = row->stream, *factors = row->factors;
    int8_t *out = row->out;
    for (int32_t n = row->fours; n > 0; n--) {
        int32_t both[2] = {stream[0], stream[2]}, low[2] = {stream[1], stream[3]};
        const int8_t *in = row->in;
        stream += 4;
        for (int32_t step = row->steps; step > 0; step--, in += 4) {
            const int32_t word = tr_load4(in);
            const int32_t taps[2] = {tr_sxtb16(word), tr_sxtb16_odd(word)};
            for (int32_t half = 0; half < 2; half++) {
                for (int32_t pair = 0; pair < 2; pair++, stream++) {
                    both[pair] = tr_smlad(*stream, taps[half], both[pair]);
                    low[pair] = tr_smlad(tr_sxtb16(*stream), taps[half], low[pair]);
                }
            }
        }
        for (int32_t j = 0; j < 4; j++, factors += row->advance / 4) {
            const int32_t high = tr_wrapping_sub(both[j / 2], low[j / 2]) >> 7;
            *out++ = finished(j % 2 != 0 ? high : low[j / 2] * 2, factors, row->rectified);
        }
    }
}
#endif
