#include "tr_dsp_nine.h"

#ifdef TR_DSP_INSTRUCTIONS

/* Two taps of four channels, of the pixels in r7 and r8. */
#define TWO_TAPS                                                                                  \
    "pkhbt r9, r7, r8, lsl #16\n pkhtb r8, r8, r7, asr #16\n"                                     \
    "ldmia.w r12!, {r7, r10}\n"                                                                   \
    "sxtb16 r11, r9\n smlad r3, r11, r7, r3\n"                                                    \
    "sxtb16 r9, r9, ror #8\n smlad r4, r9, r10, r4\n"                                             \
    "ldmia.w r12!, {r7, r10}\n"                                                                   \
    "sxtb16 r11, r8\n smlad r5, r11, r7, r5\n"                                                    \
    "sxtb16 r8, r8, ror #8\n smlad r6, r8, r10, r6\n"
#define COLUMNS(row) "ldrd r7, r8, [" row "], #8\n" TWO_TAPS
#define FACTOR "ldmia.w r12!, {r7, r8, r9}\n"
#define PUT(sum) "asr " sum ", " sum ", r9\n ssat " sum ", #8, " sum "\n"
#define RECTIFIED(sum) "smmlar " sum ", " sum ", r7, r8\n" PUT(sum)
#define ANY(sum)                                                                                  \
    "smmulr " sum ", " sum ", r7\n add " sum ", " sum ", " sum ", asr #31\n"                      \
    "add " sum ", " sum ", r8\n" PUT(sum)

#endif

void tr_dsp_nine(const tr_dsp_nine_row *row TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0-r2: rows; r3-r6: sums; r12: stream; lr: out. Frame: step, end (4), back (8). */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #12\n"
                     "mov r7, r0\n"
                     "ldmia.w r7, {r0-r6, r8}\n"
                     "mov r12, r3\n mov lr, r4\n"
                     "strd r5, r6, [sp]\n str r8, [sp, #8]\n"
                     "1:\n"
                     "ldmia.w r12!, {r3-r6}\n" COLUMNS("r0") COLUMNS("r1") COLUMNS("r2")
                     "ldr r7, [r0]\n ldr r8, [r1]\n" TWO_TAPS
                     "ldr r9, [r2]\n"
                     "ldmia.w r12!, {r7, r10}\n"
                     "sxtb16 r11, r9\n smlabb r3, r11, r7, r3\n smlatt r5, r11, r7, r5\n"
                     "sxtb16 r9, r9, ror #8\n smlabb r4, r9, r10, r4\n smlatt r6, r9, r10, r6\n"
                     FACTOR
                     "cmp r9, #0\n"
                     "bmi.w 3f\n" RECTIFIED("r3") FACTOR RECTIFIED("r4") FACTOR RECTIFIED("r5")
                     FACTOR RECTIFIED("r6")
                     "2:\n"
                     "strb.w r3, [lr]\n strb.w r4, [lr, #1]\n"
                     "strb.w r5, [lr, #2]\n strb.w r6, [lr, #3]\n"
                     "ldrd r7, r8, [sp]\n"
                     "add lr, lr, r7\n"
                     "sub r12, r12, #136\n"
                     "cmp lr, r8\n"
                     "beq 4f\n"
                     "ldr r7, [sp, #8]\n"
                     "cmp r7, #0\n"
                     "beq.w 1b\n"
                     "sub r0, r0, r7\n sub r1, r1, r7\n sub r2, r2, r7\n"
                     "b.w 1b\n"
                     "3:\n" ANY("r3") FACTOR ANY("r4") FACTOR ANY("r5") FACTOR ANY("r6")
                     "b.w 2b\n"
                     "4:\n"
                     "add sp, #12\n"
                     "pop {r4-r11, pc}\n");
}
#else
{
    const int32_t *stream = row->stream, *last = stream + 20, *factors = stream + 22;
    const int32_t any = factors[2] < 0;
    int32_t at = 0;
    for (int8_t *out = row->out; out != row->end; out += row->step, at += 2 - row->back / 4) {
        for (int32_t j = 0; j < 4; j++) {
            const int32_t *w = stream + 4 + j, *factor = factors + 3 * j;
            int32_t taps[9], sum = stream[j];
            for (int32_t t = 0; t < 9; t++) {
                taps[t] = ((const int8_t *)(row->row[t / 3] + at + t % 3))[j];
            }
            for (int32_t y = 0; y < 3; y++) {
                sum = tr_smlad(tr_pack_low(taps[3 * y], taps[3 * y + 1]), w[4 * y], sum);
            }
            sum = tr_smlad(tr_pack_low(taps[2], taps[5]), w[12], sum);
            sum += taps[8] * (j < 2 ? (int16_t)last[j] : last[j - 2] >> 16);
            const int32_t y = tr_smmulr(sum, factor[0]);
            const int32_t all = any ? y + (y >> 31) + factor[1]
                                    : tr_smmlar(sum, factor[0], factor[1]);
            out[j] = (int8_t)tr_ssat8(all >> (factor[2] & 0xff));
        }
    }
}
#endif
