/* What tr_dsp_dot_2bit.c and tr_dsp_dot_4bit.c share: all but the unpacking. Included once by each.
 *
 * For assembly they define TR_ROUND, 148 bytes of code with 32-bit encodings only, and
 * TR_LANE_MASK; for the twin in C, TR_WORDS (of a round) and `lanes`. */
#ifdef TR_DSP_INSTRUCTIONS

#define THREE(op, a, b, c, rest)                                                                  \
    op " " a ", " a rest "\n" op " " b ", " b rest "\n" op " " c ", " c rest "\n"
#define HIGH(op, rest) THREE(op, "r2", "r3", "r4", rest)
#define LOW(op, rest) THREE(op, "r5", "r6", "r7", rest)

/* To 16 * A1 in r2-r4 and 2 * A0 in r5-r7; r8: exponents, r9-r12: m1, n1, m0, n0. */
#define ACCUMULATORS                                                                              \
    "ldmia.w r0!, {r8, r9, r10}\n"                                                                \
    "lsr r11, r8, #24\n uxtb.w r12, r8, ror #16\n"                                                \
    "sub r2, r2, r5\n sub r3, r3, r6\n sub r4, r4, r7\n" HIGH("mla", ", r11, r9")                 \
    LOW("mla", ", r12, r10") "ldmia.w r0!, {r9-r12}\n"

/* r0: stream; r1: taps; r2-r4: 16 * U1 + U0; r5-r7: U0; lr: mask.
 * Frame: start (0-20), out (24-32), taps (36), mask (40), taps_end (44), where the loop is entered
 * (48: behind the rounds that the first turn is short of), the epilogue (52), stream_end (56). */
#define TR_DOT                                                                                    \
    "push {r4-r11, lr}\n"                                                                         \
    "sub sp, #64\n"                                                                               \
    "ldmia.w r0!, {r1-r9}\n"                                                                      \
    "stmia.w sp, {r1-r9}\n"                                                                       \
    "ldmia.w r0, {r1-r6}\n"                                                                       \
    "mov r0, r6\n"                                                                                \
    "rsb r3, r3, #0\n and r3, r3, #3\n mov r7, #148\n mul r3, r7, r3\n"                           \
    "adr.w r7, 1f\n add r3, r3, r7\n orr r3, r3, #1\n"                                            \
    "adr.w r7, 3f\n cmp r4, #0\n it ne\n adrne.w r7, 2f\n orr r4, r7, #1\n"                       \
    "movw r7, " TR_LANE_MASK "\n movt r7, " TR_LANE_MASK "\n"                                     \
    "str r1, [sp, #36]\n strd r7, r2, [sp, #40]\n strd r3, r4, [sp, #48]\n str r5, [sp, #56]\n"   \
    "0:\n"                                                                                        \
    "ldmia.w sp, {r2-r7}\n"                                                                       \
    "ldrd r1, lr, [sp, #36]\n"                                                                    \
    "ldr pc, [sp, #48]\n"                                                                         \
    ".balign 4\n"                                                                                 \
    "1:\n" TR_ROUND TR_ROUND TR_ROUND TR_ROUND                                                    \
    "ldr r9, [sp, #44]\n"                                                                         \
    "cmp r1, r9\n"                                                                                \
    "bne 1b\n"                                                                                    \
    "ldr pc, [sp, #52]\n"                                                                         \
    ".balign 4\n"                                                                                 \
    "2:\n" /* rectified */                                                                        \
    ACCUMULATORS HIGH("smmla", ", r9, r10") LOW("smmlar", ", r11, r12")                           \
    "4:\n"                                                                                        \
    "lsr r9, r8, #8\n" HIGH("asr", ", r9") LOW("asr", ", r8")                                     \
    "ssat r2, #8, r2\n ssat r3, #8, r3\n ssat r4, #8, r4\n"                                       \
    "ssat r5, #8, r5\n ssat r6, #8, r6\n ssat r7, #8, r7\n"                                       \
    "add r11, sp, #24\n"                                                                          \
    "ldmia.w r11, {r8-r10}\n"                                                                     \
    "strb r5, [r8], #1\n strb r2, [r8], #1\n"                                                     \
    "strb r6, [r9], #1\n strb r3, [r9], #1\n"                                                     \
    "strb r7, [r10], #1\n strb r4, [r10], #1\n"                                                   \
    "stmia.w r11, {r8-r10}\n"                                                                     \
    "ldr r1, [sp, #56]\n"                                                                         \
    "cmp r0, r1\n"                                                                                \
    "bne 0b\n"                                                                                    \
    "add sp, #64\n"                                                                               \
    "pop {r4-r11, pc}\n"                                                                          \
    ".balign 4\n"                                                                                 \
    "3:\n" /* not rectified */                                                                    \
    ACCUMULATORS HIGH("asr", ", #3") HIGH("smmulr", ", r9") LOW("smmulr", ", r11")                \
    "add r2, r2, r2, asr #31\n add r3, r3, r3, asr #31\n add r4, r4, r4, asr #31\n"               \
    "add r5, r5, r5, asr #31\n add r6, r6, r6, asr #31\n add r7, r7, r7, asr #31\n"               \
    HIGH("add", ", r10") LOW("add", ", r12")                                                      \
    "b 4b\n"

#else

static int32_t rounded(int32_t twice, int32_t m, int32_t n)
{
    const int32_t y = tr_smmulr(twice, m);
    return y + (y >> 31) + n;
}

static int32_t multiply_add(int32_t a, int32_t b, int32_t sum)
{
    return (int32_t)((uint32_t)a * (uint32_t)b + (uint32_t)sum);
}

static void store(int8_t *out, int32_t both, int32_t low, const int32_t *p, int32_t rectified)
{
    const uint32_t e = (uint32_t)p[0];
    const int32_t high = multiply_add(tr_wrapping_sub(both, low), (int32_t)(e >> 24), p[1]);
    const int32_t twice = multiply_add(low, (int32_t)(e >> 16 & 0xff), p[2]);
    int32_t y0, y1;
    if (rectified) {
        y1 = (int32_t)(((int64_t)high * p[3]) >> 32) + p[4];
        y0 = tr_smmlar(twice, p[5], p[6]);
    } else {
        y1 = rounded(high >> 3, p[3], p[4]);
        y0 = rounded(twice, p[5], p[6]);
    }
    out[0] = (int8_t)tr_ssat8(y0 >> (e & 0xff));
    out[1] = (int8_t)tr_ssat8(y1 >> (e >> 8 & 0xff));
}

static void dot(const tr_dsp_packed *pixels)
{
    const int32_t *stream = pixels->stream;
    for (int32_t c = 0; stream != pixels->stream_end; c += 2) {
        const int32_t *taps = pixels->taps;
        int32_t both[3], low[3];
        for (int32_t j = 0; j < 3; j++) {
            both[j] = pixels->start[0][j];
            low[j] = pixels->start[1][j];
        }
        for (; taps != pixels->taps_end; stream += TR_WORDS) {
            for (int32_t half = 0; half < 4; half++, taps += 3) {
                const int32_t word = lanes(stream, half), field = word & TR_FIELD_MASK;
                for (int32_t j = 0; j < 3; j++) {
                    both[j] = tr_smlad(word, taps[j], both[j]);
                    low[j] = tr_smlad(field, taps[j], low[j]);
                }
            }
        }
        for (int32_t j = 0; j < 3; j++) {
            store(pixels->out[j] + c, both[j], low[j], stream, pixels->rectified);
        }
        stream += TR_DSP_PACKED_PARAMETERS;
    }
}
#endif
