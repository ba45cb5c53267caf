#include "tr_mve_pairs.h"

#ifdef TR_MVE_INSTRUCTIONS

/* One unit: its two sums. */
#define UNIT(first, second, step)                                                                  \
    "vldrb.8 q2, [r1]\n add r1, r1, " step "\n"                                                    \
    "vmladav.s8 " first ", q2, q0\n vmladav.s8 " second ", q2, q1\n"

/* Halves of negative values, away from zero: see tr_mve_dot.h. */
#define AWAY(q) "vshr.s32 q2, " q ", #31\n vadd.i32 " q ", " q ", q2\n"
#define NO_AWAY(q)
#define SCALE(q, FIX)                                                                              \
    "vadd.i32 " q ", " q ", r11\n vqrdmulh.s32 " q ", " q ", r7\n" FIX(q) "vrshl.s32 " q ", r9\n"

#define ROWS(label, FIX)                                                                           \
    label                                                                                          \
        ":\n"                                                                                      \
        "ldr r0, [r12, #48]\n"                                                                     \
        "ldr r12, [r12, #12]\n"                                                                    \
        "dls lr, r0\n"                                                                             \
        "1:\n" UNIT("r0", "r2", "r5") UNIT(                                                        \
            "r4", "r6",                                                                            \
            "r5") "vmov q3[2], q3[0], r0, r4\n vmov q4[2], q4[0], r2, r6\n" UNIT("r0", "r2", "r5") \
            UNIT("r4", "r6",                                                                       \
                 "r12") "vmov q3[3], q3[1], r0, r4\n vmov q4[3], q4[1], r2, r6\n" SCALE("q3", FIX) \
                SCALE("q4", FIX) "vqmovnb.s32 q3, q3\n vqmovnt.s32 q3, q4\n"                       \
                                 "vqadd.s16 q3, q3, r8\n"                                          \
                                 "vmax.s16 q3, q3, q5\n vmin.s16 q3, q3, q6\n"                     \
                                 "vpst\n vstrbt.16 q3, [r3, q7]\n"                                 \
                                 "add r3, r3, r10\n"                                               \
                                 "le lr, 1b\n"                                                     \
                                 "ldr r12, [sp]\n"                                                 \
                                 "ldrd r0, r2, [r12, #24]\n"                                       \
                                 "add r1, r1, r0\n add r3, r3, r2\n"                               \
                                 "ldr r0, [r12, #72]\n"                                            \
                                 "subs r0, r0, #1\n"                                               \
                                 "str r0, [r12, #72]\n"                                            \
                                 "bne " label "b\n"

#else

static int8_t output(const tr_mve_pairs *some, int32_t sum, const int32_t *factor)
{
    int32_t y = tr_doubling_high_mul(sum, factor[0]);
    y = some->rectified ? tr_mve_rounding_shift(y, factor[1]) : tr_divide_by_pot(y, -factor[1]);
    y += some->zero_point;
    y = y < some->lo ? some->lo : y;
    return (int8_t)(y > some->hi ? some->hi : y);
}

static void group(const tr_mve_pairs *some, const int8_t *in, int8_t *out)
{
    for (uint32_t unit = 0; unit < 4; unit++, in += some->step) {
        const uint32_t lane = tr_mve_pairs_lane(unit);
        if ((some->mask >> (4u * lane) & 1u) == 0u) {
            continue;
        }
        for (int32_t k = 0; k < 2; k++) {
            const int8_t *weights = k == 0 ? some->buffer + 16 : some->second;
            int32_t sum = some->stream[2];
            for (int32_t i = 0; i < 16; i++) {
                if (weights[i] != 0) { /* what lies beyond the planes is not read */
                    sum += weights[i] * in[i];
                }
            }
            out[some->places[2 * (int32_t)lane + k]] = output(some, sum, some->stream);
        }
    }
}
#endif

void tr_mve_pairs_run(tr_mve_pairs *some TR_MVE_UNUSED)
#ifdef TR_MVE_INSTRUCTIONS
{
    __asm__ volatile("push {r4-r11, lr}\n"
                     "vpush {d8-d15}\n"
                     "push {r0, r1}\n"
                     "mov r12, r0\n"
                     "ldrd r8, r10, [r12]\n"
                     "ldr r5, [r12, #8]\n"
                     "ldrd r0, r2, [r12, #52]\n"
                     "vdup.16 q5, r0\n vdup.16 q6, r2\n"
                     "ldr r0, [r12, #60]\n"
                     "vmsr p0, r0\n"
                     "vldrh.16 q7, [r12, #76]\n"
                     "2:\n"
                     "ldr r0, [r12, #32]\n"
                     "ldm r0!, {r7, r9, r11}\n"
                     "vldrb.8 q0, [r0], #16\n"
                     "str r0, [r12, #32]\n"
                     "vstrb.8 q0, [r12, #108]\n"
                     "ldr r0, [r12, #68]\n"
                     "vldrb.8 q1, [r0]\n"
                     "ldrd r1, r3, [r12, #16]\n"
                     "ldrd r0, r6, [r12, #40]\n"
                     "add r2, r1, r0\n add r4, r3, #1\n"
                     "strd r2, r4, [r12, #16]\n"
                     "str r6, [r12, #72]\n"
                     "ldr r0, [r12, #64]\n"
                     "cmp r0, #0\n"
                     "bne 3f\n"
                     "cmp r9, #0\n"
                     "bne.w 4f\n" ROWS("3", NO_AWAY) "b 5f\n" ROWS("4", AWAY) "5:\n"
                                                                              "ldr r0, [r12, #36]\n"
                                                                              "subs r0, r0, #1\n"
                                                                              "str r0, [r12, #36]\n"
                                                                              "bne.w 2b\n"
                                                                              "pop {r0, r1}\n"
                                                                              "vpop {d8-d15}\n"
                                                                              "pop {r4-r11, pc}\n");
}
#else
{
    for (; some->channels > 0; some->channels--) {
        const int8_t *in = some->planes;
        int8_t *out = some->out;
        for (int32_t i = 0; i < 16; i++) {
            some->buffer[16 + i] = ((const int8_t *)(some->stream + 3))[i];
        }
        for (some->left = some->pairs; some->left > 0; some->left--) {
            for (int32_t g = 0; g < some->groups; g++) {
                group(some, in, out);
                in += 3 * some->step + some->last_step;
                out += some->advance;
            }
            in += some->next_planes;
            out += some->next_out;
        }
        some->stream += TR_MVE_PAIRS_WORDS;
        some->planes += some->pitch;
        some->out++;
    }
}
#endif
