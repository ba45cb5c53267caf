#include "tr_mve_dot.h"

#ifdef TR_MVE_INSTRUCTIONS

/* What only three pixels have. */
#define WITH(text) text
#define WITHOUT(text)

/* 16 taps a round of two channels; sums in r0, r2, r4 and r6, r8, r10. The first round stands
 * before the loop, where it starts the sums; p0 and the loop leave out what is behind the taps. */
#define PASS(THIRD, MORE)                                                                         \
    "ldrd r3, r5, [r11]\n" THIRD("ldr r7, [r11, #8]\n")                                           \
    MORE "vldrbt.8 q3, [r1], #16\n"                                                               \
    "vldrbt.8 q0, [r3], #16\n vldrbt.8 q1, [r5], #16\n" THIRD("vldrbt.8 q2, [r7], #16\n")         \
    "vmladav.s8 r0, q3, q0\n vmladav.s8 r2, q3, q1\n" THIRD("vmladav.s8 r4, q3, q2\n")            \
    "vldrb.8 q4, [r1], #16\n"                                                                     \
    "vmladav.s8 r6, q4, q0\n vmladav.s8 r8, q4, q1\n" THIRD("vmladav.s8 r10, q4, q2\n")           \
    "wlstp.8 lr, r9, 2f\n"                                                                        \
    "1:\n"                                                                                        \
    "vldrb.8 q3, [r1], #16\n"                                                                     \
    "vldrb.8 q0, [r3], #16\n vmladava.s8 r0, q3, q0\n"                                            \
    "vldrb.8 q1, [r5], #16\n vmladava.s8 r2, q3, q1\n"                                            \
    THIRD("vldrb.8 q2, [r7], #16\n vmladava.s8 r4, q3, q2\n")                                     \
    "vldrb.8 q4, [r1], #16\n"                                                                     \
    "vmladava.s8 r6, q4, q0\n"                                                                    \
    "vmladava.s8 r8, q4, q1\n"                                                                    \
    THIRD("vmladava.s8 r10, q4, q2\n")                                                            \
    "letp lr, 1b\n"                                                                               \
    "2:\n"

/* The halves of a negative value, away from zero: q1 holds -e. */
#define AWAY(q) "vand q4, " q ", q1\n vshr.s32 q4, q4, #31\n vadd.i32 " q ", " q ", q4\n"
#define NO_AWAY(q)
/* The same, asked for at run time: two pixels are what is left of a row, and come once. */
#define MAY_AWAY(q) "ldr r2, [r11, #44]\n cbnz r2, 3f\n" AWAY(q) "3:\n"

#define FINISH(q, out, FIX)                                                                       \
    "vqrdmulh.s32 " q ", " q ", q0\n" FIX(q) "vrshl.s32 " q ", " q ", q1\n"                       \
    "vadd.i32 " q ", " q ", r0\n"                                                                 \
    "vmax.s32 " q ", " q ", q2\n vmin.s32 " q ", " q ", q3\n"                                     \
    "vstrb.32 " q ", [" out "], #4\n"

#define GROUPS(label, THIRD, MORE, FIX)                                                           \
    label ":\n" PASS(THIRD, MORE)                                                                 \
    "vmov q5[2], q5[0], r0, r6\n vmov q6[2], q6[0], r2, r8\n"                                     \
    THIRD("vmov q7[2], q7[0], r4, r10\n") PASS(THIRD, MORE)                                       \
    "vmov q5[3], q5[1], r0, r6\n vmov q6[3], q6[1], r2, r8\n"                                     \
    THIRD("vmov q7[3], q7[1], r4, r10\n")                                                         \
    "vldrw.32 q0, [r1], #16\n vadd.i32 q5, q5, q0\n vadd.i32 q6, q6, q0\n"                         \
    THIRD("vadd.i32 q7, q7, q0\n")                                                                \
    "vldrw.32 q0, [r1], #16\n vldrw.32 q1, [r1], #16\n"                                           \
    "vldrw.32 q2, [r11, #48]\n vldrw.32 q3, [r11, #64]\n"                                         \
    "ldrd r0, r3, [r11, #12]\n"                                                                   \
    "ldrd r5, r7, [r11, #20]\n"                                                                   \
    FINISH("q5", "r3", FIX) FINISH("q6", "r5", FIX) THIRD(FINISH("q7", "r7", FIX))                \
    "str r3, [r11, #16]\n"                                                                        \
    "strd r5, r7, [r11, #20]\n"                                                                   \
    "subs r12, r12, #1\n"                                                                         \
    "bne " label "b\n"                                                                            \
    "b 9f\n"

#else

static void store(int8_t *out, const int32_t *sums, const int32_t *parameters,
                  const tr_mve_pixels *pixels)
{
    for (int32_t c = 0; c < 4; c++) {
        const int32_t shift = parameters[8 + c];
        int32_t y = tr_doubling_high_mul(sums[c], parameters[4 + c]);
        y = pixels->rectified ? tr_mve_rounding_shift(y, shift) : tr_divide_by_pot(y, -shift);
        y += pixels->zero_point;
        y = y < pixels->lo[0] ? pixels->lo[0] : y;
        out[c] = (int8_t)(y > pixels->hi[0] ? pixels->hi[0] : y);
    }
}
#endif

void tr_mve_dot(tr_mve_pixels *pixels TR_MVE_UNUSED)
#ifdef TR_MVE_INSTRUCTIONS
{
    __asm__ volatile("push {r4-r11, lr}\n"
                     "vpush {d8-d15}\n"
                     "mov r11, r0\n"
                     "ldr r9, [r11, #28]\n"
                     "vctp.8 r9\n"
                     "subs r9, r9, #16\n"
                     "it mi\n movmi r9, #0\n"
                     "ldrd r1, r12, [r11, #32]\n"
                     "ldrd r2, r3, [r11, #40]\n"
                     "cmp r2, #3\n"
                     "bne.w 8f\n"
                     "cmp r3, #0\n"
                     "beq.w 5f\n"
                     GROUPS("4", WITH, "vpstttt\n", NO_AWAY)
                     GROUPS("5", WITH, "vpstttt\n", AWAY)
                     "8:\n"
                     GROUPS("6", WITHOUT, "vpsttt\n", MAY_AWAY)
                     "9:\n"
                     "vpop {d8-d15}\n"
                     "pop {r4-r11, pc}\n");
}
#else
{
    const int32_t *stream = pixels->stream;
    const uint32_t words = (pixels->taps + 15u) / 16u * 8u; /* of two channels' weights */
    for (uint32_t g = 0; g < pixels->groups; g++, stream += 2u * words + TR_MVE_DOT_PARAMETERS) {
        const int32_t *parameters = stream + 2u * words;
        for (uint32_t j = 0; j < pixels->pixels; j++) {
            int32_t sums[4];
            for (uint32_t c = 0; c < 4; c++) {
                const int8_t *weights =
                    (const int8_t *)(stream + c % 2u * words) + c / 2u * 16u;
                sums[c] = parameters[c];
                for (uint32_t k = 0; k < pixels->taps; k++) {
                    sums[c] += weights[k / 16u * 32u + k % 16u] * pixels->in[j][k];
                }
            }
            store(pixels->out[j], sums, parameters, pixels);
            pixels->out[j] += 4;
        }
    }
}
#endif
