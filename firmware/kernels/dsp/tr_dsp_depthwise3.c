#include "tr_dsp_depthwise3.h"

#ifdef TR_DSP_INSTRUCTIONS

/* r0, r1: upper, lower; r2-r7: weights. Frame: m, n, e, bias (12), -, out (20), its end (24), odd
 * (28), step (32), back (36), rows (40), channels left (44). */
#define START                                                                                     \
    "push {r4-r11, lr}\n"                                                                         \
    "sub sp, #48\n"                                                                               \
    "add.w r1, r0, #24\n"                                                                         \
    "ldmia.w r1, {r4-r7}\n" /* step, back, plane, count */                                        \
    "strd r4, r5, [sp, #32]\n"                                                                    \
    "strd r0, r7, [sp, #40]\n"                                                                    \
    "mov r12, r0\n"                                                                               \
    "b 0f\n"                                                                                      \
    ".balign 32\n" /* no line of flash more than the loop needs */                                \
    "1:\n"

/* The next channel, of the rows at r12. */
#define CHANNEL                                                                                   \
    "0:\n"                                                                                        \
    "ldmia.w r12, {r0-r5}\n"                                                                      \
    "add r4, r3, r4\n"                                                                            \
    "strd r3, r4, [sp, #20]\n"                                                                    \
    "str r5, [sp, #28]\n"                                                                         \
    "ldr r9, [r12, #32]\n"                                                                      \
    "add r3, r3, #1\n add r10, r1, r9\n add r11, r2, r9\n"                                        \
    "ldmia.w r0!, {r5-r8}\n"                                                                      \
    "stmia.w sp, {r5-r8}\n"                                                                       \
    "add.w lr, r0, #24\n"                                                                         \
    "strd lr, r10, [r12]\n strd r11, r3, [r12, #8]\n"                                             \
    "mov r8, r0\n mov r0, r1\n mov r1, r2\n"                                                      \
    "ldmia.w r8, {r2-r7}\n"

/* Not rectified, halves below zero go away from it: SMMLAR without what it added has their sign. */
#define AWAY(sum, spare, n)                                                                       \
    "sub " spare ", " sum ", " n "\n add " sum ", " sum ", " spare ", asr #31\n"

/* Where an output is left: it and the one before it, once more; `back` bytes of the planes. Else
 * the next channel. r12: out; lr: step. */
#define FINISH(back)                                                                              \
    "ldr r10, [sp, #28]\n"                                                                        \
    "cmp r10, #0\n"                                                                               \
    "beq 4f\n"                                                                                    \
    "mov r10, #0\n"                                                                               \
    "str r10, [sp, #28]\n"                                                                        \
    "sub r0, r0, #" back "\n sub r1, r1, #" back "\n"                                             \
    "sub r12, r12, lr\n"                                                                          \
    "add r10, r12, lr, lsl #1\n"                                                                  \
    "strd r12, r10, [sp, #20]\n"                                                                  \
    "b.w 1b\n"                                                                                    \
    "4:\n"                                                                                        \
    "ldrd r12, r10, [sp, #40]\n"                                                                  \
    "subs r10, r10, #1\n"                                                                         \
    "str r10, [sp, #44]\n"                                                                        \
    "bne 0f\n"                                                                                    \
    "add sp, #48\n"                                                                               \
    "pop {r4-r11, pc}\n"

/* Two rows, of four, by a column of the kernel: r8, r9 or r10, r11 from r12 and lr. */
#define TWO(first, second, from, a, b)                                                            \
    "smlad " first ", r12, " a ", " from "\n smlatb " second ", r12, " a ", " second "\n"         \
    "smlabt " first ", lr, " b ", " first "\n smlad " second ", lr, " b ", " second "\n"
#define FOUR(op, rest)                                                                            \
    op " r8, r8" rest "\n" op " r9, r9" rest "\n" op " r10, r10" rest "\n" op " r11, r11" rest "\n"

/* One row by a column: r8 or r9 from r10 and r11. */
#define ONE(sum, from, a, b)                                                                      \
    "smlad " sum ", r10, " a ", " from "\n smlabt " sum ", r11, " b ", " sum "\n"
#define COLUMN(offset) "ldr r10, [r0, #" offset "]\n ldr r11, [r1, #" offset "]\n"
#define PAIR(op, rest) op " r8, r8" rest "\n" op " r9, r9" rest "\n"
#define STORE_PAIR(back)                                                                          \
    "ldrd r10, r11, [sp]\n" PAIR("smmlar", ", r10, r11")                                          \
    "ldr r10, [sp, #8]\n"                                                                         \
    "cmp r10, #0\n"                                                                               \
    "bmi.w 3f\n"                                                                                    \
    "2:\n" PAIR("asr", ", r10")                                                                   \
    "ssat r8, #8, r8\n ssat r9, #8, r9\n"                                                         \
    "strb.w r9, [r12, lr]\n strb.w r8, [r12]\n"                                                   \
    "ldr r10, [sp, #24]\n"                                                                        \
    "add r12, r12, lr, lsl #1\n"                                                                  \
    "cmp r12, r10\n"                                                                              \
    "bne.w 1b\n" FINISH(back) CHANNEL                                                             \
    "ldr r12, [sp, #20]\n ldr lr, [sp, #32]\n"                                                    \
    "b.w 1b\n"                                                                                    \
    "3:\n" AWAY("r8", "r10", "r11") AWAY("r9", "r10", "r11")                                      \
    "ldr r10, [sp, #8]\n"                                                                         \
    "b.w 2b\n"

#else

static int8_t finished(const tr_dsp_channel3 *c, int32_t twice)
{
    const int32_t y = tr_smmlar(twice, c->m, c->n), shift = c->e & 0xff;
    const int32_t away = c->e < 0 ? (y - c->n) >> 31 : 0;
    return (int8_t)tr_ssat8((y + away) >> shift);
}

/* A window of the first row, or of the second one. */
static int8_t window(const tr_dsp_channel3 *c, const int32_t *upper, const int32_t *lower,
                     int32_t second)
{
    int32_t sum = c->bias;
    for (int32_t x = 0; x < 3; x++) {
        const int32_t a = c->weights[2 * x], b = c->weights[2 * x + 1];
        if (second) {
            sum = tr_smlad(lower[x], b, tr_smlatb(upper[x], a, sum));
        } else {
            sum = tr_smlabt(lower[x], b, tr_smlad(upper[x], a, sum));
        }
    }
    return finished(c, sum);
}

static void channels(const tr_dsp_rows3 *rows, int32_t stride, int32_t both)
{
    const int32_t plane = rows->plane / 4, step = rows->step;
    const int32_t count = step == 0 ? 1 : rows->span / step + rows->odd;
    for (int32_t n = 0; n < rows->count; n++) {
        const tr_dsp_channel3 *c = rows->channel + n;
        const int32_t *upper = rows->upper + n * plane, *lower = rows->lower + n * plane;
        for (int32_t x = 0; x < count; x++, upper += stride, lower += stride) {
            int8_t *out = rows->out + n + x * step;
            if (both) {
                *out = window(c, upper, lower, 1);
                out += rows->back;
            }
            *out = window(c, upper, lower, 0);
        }
    }
}

#endif

void tr_dsp_depthwise3_two(tr_dsp_rows3 *rows TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* Sums: r8 and r9 of the first column's rows, r10 and r11 of the second's. */
    __asm__ volatile(START
                     "ldr r11, [sp, #12]\n"
                     "ldr r12, [r0], #8\n ldr lr, [r1], #8\n"
                     "mov r9, r11\n" TWO("r8", "r9", "r11", "r2", "r3")
                     "ldr r12, [r0, #-4]\n ldr lr, [r1, #-4]\n"
                     TWO("r8", "r9", "r8", "r4", "r5") TWO("r10", "r11", "r11", "r2", "r3")
                     "ldr r12, [r0]\n ldr lr, [r1]\n"
                     TWO("r8", "r9", "r8", "r6", "r7") TWO("r10", "r11", "r10", "r4", "r5")
                     "ldr r12, [r0, #4]\n ldr lr, [r1, #4]\n"
                     TWO("r10", "r11", "r10", "r6", "r7")
                     "ldrd r12, lr, [sp]\n" FOUR("smmlar", ", r12, lr")
                     "ldr r12, [sp, #8]\n"
                     "cmp r12, #0\n"
                     "bmi.w 3f\n"
                     "2:\n" FOUR("asr", ", r12")
                     "ssat r8, #8, r8\n ssat r9, #8, r9\n ssat r10, #8, r10\n ssat r11, #8, r11\n"
                     "ldr r12, [sp, #20]\n ldr lr, [sp, #32]\n"
                     "strb.w r11, [r12, lr]\n strb.w r9, [r12]\n"
                     "ldr r9, [sp, #36]\n"
                     "add r11, r9, lr\n"
                     "strb.w r10, [r12, r11]\n strb.w r8, [r12, r9]\n"
                     "ldr r11, [sp, #24]\n"
                     "add r12, r12, lr, lsl #1\n"
                     "str r12, [sp, #20]\n"
                     "cmp r12, r11\n"
                     "bne.w 1b\n" FINISH("4") CHANNEL
                     "b.w 1b\n"
                     "3:\n" AWAY("r8", "r12", "lr") AWAY("r9", "r12", "lr")
                     AWAY("r10", "r12", "lr") AWAY("r11", "r12", "lr")
                     "ldr r12, [sp, #8]\n"
                     "b.w 2b\n");
}
#else
{
    channels(rows, 1, 1);
}
#endif

void tr_dsp_depthwise3_one(tr_dsp_rows3 *rows TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    __asm__ volatile(START
                     "ldr r9, [sp, #12]\n"
                     "ldr r10, [r0], #8\n ldr r11, [r1], #8\n" ONE("r8", "r9", "r2", "r3")
                     COLUMN("-4") ONE("r8", "r8", "r4", "r5") ONE("r9", "r9", "r2", "r3")
                     COLUMN("0") ONE("r8", "r8", "r6", "r7") ONE("r9", "r9", "r4", "r5")
                     COLUMN("4") ONE("r9", "r9", "r6", "r7") STORE_PAIR("4"));
}
#else
{
    channels(rows, 1, 0);
}
#endif

void tr_dsp_depthwise3_stride2(tr_dsp_rows3 *rows TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    __asm__ volatile(START
                     "ldr r9, [sp, #12]\n"
                     "ldr r10, [r0], #16\n ldr r11, [r1], #16\n" ONE("r8", "r9", "r2", "r3")
                     COLUMN("-12") ONE("r8", "r8", "r4", "r5")
                     COLUMN("-8") ONE("r8", "r8", "r6", "r7") ONE("r9", "r9", "r2", "r3")
                     COLUMN("-4") ONE("r9", "r9", "r4", "r5")
                     COLUMN("0") ONE("r9", "r9", "r6", "r7") STORE_PAIR("8"));
}
#else
{
    channels(rows, 2, 0);
}
#endif
