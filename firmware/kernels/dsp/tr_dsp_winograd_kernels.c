#include "tr_dsp_winograd_kernels.h"

#ifdef TR_DSP_INSTRUCTIONS

#define THREE(op, a, b, c, rest)                                                                  \
    op " " a ", " a rest "\n" op " " b ", " b rest "\n" op " " c ", " c rest "\n"
#define LANES(rest)                                                                               \
    THREE("sxtb16", "r3", "r4", "r5", rest) THREE("sxtb16", "r7", "r8", "r9", rest)               \
    THREE("sxtb16", "r11", "r12", "lr", rest)
/* G by a column (a, b, c), of which t holds the last but one of four. */
#define COLUMN(a, b, c, t, spare)                                                                 \
    "sadd16 " spare ", " a ", " c "\n"                                                            \
    "ssub16 " t ", " spare ", " b "\n sadd16 " b ", " spare ", " b "\n"
#define ROW(a, b, c, at)                                                                          \
    "str " a ", [r2, #" at "]\n sadd16 " a ", " a ", " c "\n"                                     \
    "str " c ", [r2, #" at "+24]\n"                                                               \
    "sadd16 " c ", " a ", " b "\n ssub16 " a ", " a ", " b "\n"                                   \
    "str " c ", [r2, #" at "+8]\n str " a ", [r2, #" at "+16]\n"
/* Two of four channels. */
#define HALF(rest)                                                                                \
    "ldr r3, [r0]\n ldr r7, [r0, #4]\n ldr r11, [r0, #8]\n"                                       \
    "ldr r4, [r0, #12]\n ldr r8, [r0, #16]\n ldr r12, [r0, #20]\n"                                \
    "ldr r5, [r0, #24]\n ldr r9, [r0, #28]\n ldr lr, [r0, #32]\n" LANES(rest)                     \
    COLUMN("r3", "r4", "r5", "r6", "r1") COLUMN("r7", "r8", "r9", "r10", "r1")                    \
    "sadd16 r1, r11, lr\n ssub16 r1, r1, r12\n"                                                   \
    "sadd16 r12, r12, r12\n sadd16 r12, r1, r12\n"
#define ROWS                                                                                      \
    ROW("r3", "r7", "r11", "0") ROW("r4", "r8", "r12", "32")                                      \
    ROW("r6", "r10", "r1", "64") ROW("r5", "r9", "lr", "96")

#else

/* Four lanes of a column or a row. */
typedef struct four {
    int32_t a, b, c, d;
} four;

static four column(int32_t a, int32_t b, int32_t c)
{
    const int32_t ends = tr_sadd16(a, c);
    const four g = {a, tr_sadd16(ends, b), tr_ssub16(ends, b), c};
    return g;
}

static void put(int32_t *to, int32_t a, int32_t b, int32_t c)
{
    const four g = column(a, b, c);
    to[0] = g.a;
    to[2] = g.b;
    to[4] = g.c;
    to[6] = g.d;
}

static void half(const int32_t taps[9], int32_t *to)
{
    const four a = column(taps[0], taps[3], taps[6]), b = column(taps[1], taps[4], taps[7]);
    const four c = column(taps[2], taps[5], taps[8]);
    put(to, a.a, b.a, c.a);
    put(to + 8, a.b, b.b, c.b);
    put(to + 16, a.c, b.c, c.c);
    put(to + 24, a.d, b.d, c.d);
}

#endif

void tr_dsp_winograd_kernels(const int8_t *weights TR_DSP_UNUSED, int32_t fours TR_DSP_UNUSED,
                             int32_t *to TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: weights; r2: to; r1: spare; r3-r6, r7-r10, r11-r1: columns, a, b, c and what lies
     * between. Frame: where the weights end. */
    __asm__ volatile("push {r3-r11, lr}\n"
                     "add r1, r1, r1, lsl #3\n"
                     "add r1, r0, r1, lsl #2\n"
                     "str r1, [sp]\n"
                     "1:\n" HALF("") ROWS
                     "add r2, r2, #128\n" HALF(", ror #8") ROWS
                     "ldr r1, [sp]\n"
                     "adds r0, #36\n"
                     "add r2, r2, #128\n"
                     "cmp r0, r1\n"
                     "bne.w 1b\n"
                     "pop {r3-r11, pc}\n");
}
#else
{
    for (; fours > 0; fours--, weights += 36, to += 64) {
        int32_t even[9], odd[9];
        for (int32_t i = 0; i < 9; i++) {
            const int32_t word = tr_load4(weights + 4 * i);
            even[i] = tr_sxtb16(word);
            odd[i] = tr_sxtb16_odd(word);
        }
        half(even, to);
        half(odd, to + 32);
    }
}
#endif
