#include "tr_dsp_winograd_outputs.h"

#ifdef TR_DSP_INSTRUCTIONS

#define LOAD(a, b, c, d, at)                                                                      \
    "ldr.w " a ", [r0, #" at "]\n ldr.w " b ", [r0, #" at "+128]\n"                               \
    "ldr.w " c ", [r0, #" at "+256]\n ldr.w " d ", [r0, #" at "+384]\n"
/* A' by a column. */
#define COLUMN(a, b, c, d, at)                                                                    \
    LOAD(a, b, c, d, at)                                                                          \
    "add " a ", " b "\n add " a ", " c "\n sub " b ", " c "\n sub " b ", " d "\n"
#define EACH(op, rest)                                                                            \
    op " r4, r4" rest "\n" op " r5, r5" rest "\n" op " r6, r6" rest "\n" op " r7, r7" rest "\n"

#else

static int8_t finished(const tr_dsp_winograd_ends *to, int32_t sum)
{
    const int32_t twice = (sum + to->bias) >> 1;
    if (to->rectified != 0) {
        return (int8_t)tr_ssat8(tr_smmlar(twice, to->m, to->n) >> to->e);
    }
    const int32_t y = tr_smmulr(twice, to->m);
    return (int8_t)tr_ssat8((y + (y >> 31) + to->n) >> to->e);
}

static void tile(const int32_t *m, const tr_dsp_winograd_place *place,
                 const tr_dsp_winograd_ends *to, int8_t *out)
{
    int32_t top[4], bottom[4];
    for (int32_t j = 0; j < 4; j++, m += 8) {
        top[j] = m[0] + m[32] + m[64];
        bottom[j] = m[32] - m[64] - m[96];
    }
    out += place->at;
    out[place->step + place->line] = finished(to, bottom[1] - bottom[2] - bottom[3]);
    out[place->line] = finished(to, bottom[0] + bottom[1] + bottom[2]);
    out[place->step] = finished(to, top[1] - top[2] - top[3]);
    out[0] = finished(to, top[0] + top[1] + top[2]);
}

#endif

void tr_dsp_winograd_outputs(const int32_t *sums TR_DSP_UNUSED,
                             const tr_dsp_winograd_place *places TR_DSP_UNUSED,
                             int32_t count TR_DSP_UNUSED,
                             const tr_dsp_winograd_ends both[2] TR_DSP_UNUSED,
                             int8_t *out TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: sums; r1: places; r2: out; r3: ends; lr: channels of tiles that are left; r4-r7: the
     * tile's first output, the one below, the one beside, the last. */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "lsl lr, r2, #1\n"
                     "ldr r2, [sp, #36]\n"
                     "1:\n" COLUMN("r4", "r5", "r8", "r9", "0")
                     COLUMN("r6", "r7", "r8", "r9", "32") COLUMN("r8", "r9", "r10", "r11", "64")
                     "add r4, r6\n add r4, r8\n sub r6, r8\n"
                     "add r5, r7\n add r5, r9\n sub r7, r9\n"
                     LOAD("r8", "r9", "r10", "r11", "96")
                     "sub r6, r8\n sub r6, r9\n sub r6, r10\n"
                     "sub r7, r9\n add r7, r10\n add r7, r11\n"
                     "ldmia.w r3!, {r8-r12}\n" EACH("add", ", r8") EACH("asr", ", #1")
                     "cmp r12, #0\n"
                     "beq 3f\n" EACH("smmlar", ", r9, r10")
                     "2:\n" EACH("asr", ", r11")
                     "ssat r4, #8, r4\n ssat r5, #8, r5\n ssat r6, #8, r6\n ssat r7, #8, r7\n"
                     "ldmia.w r1, {r8-r10}\n"
                     "add r8, r2\n"
                     "add r11, r9, r10\n"
                     "strb r7, [r8, r11]\n strb r5, [r8, r10]\n"
                     "strb r6, [r8, r9]\n strb r4, [r8]\n"
                     "subs lr, lr, #1\n"
                     "beq 4f\n"
                     "adds r0, #16\n"
                     "adds r2, #1\n"
                     "tst lr, #1\n"
                     "bne.w 1b\n"
                     "subs r0, #28\n"
                     "subs r2, #2\n"
                     "subs r3, #40\n"
                     "adds r1, #12\n"
                     "b.w 1b\n"
                     "3:\n" EACH("smmulr", ", r9")
                     "add r4, r4, r4, asr #31\n add r5, r5, r5, asr #31\n"
                     "add r6, r6, r6, asr #31\n add r7, r7, r7, asr #31\n" EACH("add", ", r10")
                     "b 2b\n"
                     "4:\n"
                     "pop {r4-r11, pc}\n");
}
#else
{
    for (; count > 0; count--, sums++, places++) {
        tile(sums, places, both, out);
        tile(sums + 4, places, both + 1, out + 1);
    }
}
#endif
