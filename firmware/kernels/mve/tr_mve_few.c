#include "tr_mve_few.h"

#ifdef TR_MVE_INSTRUCTIONS

/* A pixel's four sums, to q. */
#define PIXEL(q)                                                                                   \
    "vldrb.8 q4, [r1]\n add r1, r1, r5\n"                                                          \
    "vmladav.s8 r0, q4, q0\n vmladav.s8 r6, q4, q1\n"                                              \
    "vmladav.s8 r2, q4, q2\n vmladav.s8 r8, q4, q3\n"                                              \
    "vmov " q "[2], " q "[0], r0, r6\n vmov " q "[3], " q "[1], r2, r8\n"

/* Halves of negative values, away from zero: see tr_mve_dot.h. */
#define AWAY(q)                                                                                    \
    "vldrw.32 q4, [r9, #96]\n vand q4, " q ", q4\n vshr.s32 q4, q4, #31\n"                         \
    "vadd.i32 " q ", " q ", q4\n"
#define NO_AWAY(q)

#define CLAMP                                                                                      \
    "vldrh.16 q4, [r12, #52]\n vmax.s16 q5, q5, q4\n"                                              \
    "vldrh.16 q4, [r12, #68]\n vmin.s16 q5, q5, q4\n"
#define NARROW "vqmovnb.s16 q5, q5\n"

#define PAIRS(FIX, BOUND)                                                                          \
    "1:\n" PIXEL("q5") PIXEL(                                                                      \
        "q6") "vldrw.32 q4, [r9, #64]\n vadd.i32 q5, q5, q4\n vadd.i32 q6, q6, q4\n"               \
              "vqrdmulh.s32 q5, q5, q7\n vqrdmulh.s32 q6, q6, q7\n" FIX("q5") FIX(                 \
                  "q6") "vldrw.32 q4, [r9, #96]\n vrshl.s32 q5, q5, q4\n vrshl.s32 q6, q6, q4\n"   \
                        "vqmovnb.s32 q5, q5\n vqmovnt.s32 q5, q6\n"                                \
                        "vqadd.s16 q5, q5, r11\n" BOUND                                            \
                        "vldrh.16 q4, [r12, #36]\n vstrb.16 q5, [r3, q4]\n"                        \
                        "add r3, r3, r10\n"                                                        \
                        "le lr, 1b\n"

#else

static int8_t output(const tr_mve_few *few, int32_t sum, int32_t factor, int32_t shift)
{
    int32_t y = tr_divide_by_pot(tr_doubling_high_mul(sum, factor), -shift) + few->zero_point;
    y = y < few->lo[0] ? few->lo[0] : y;
    return (int8_t)(y > few->hi[0] ? few->hi[0] : y);
}
#endif

void tr_mve_few_run(tr_mve_few *few TR_MVE_UNUSED)
#ifdef TR_MVE_INSTRUCTIONS
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "vpush {d8-d15}\n"
        "mov r12, r0\n"
        "ldr r5, [r12, #4]\n"
        "ldr r10, [r12, #12]\n"
        "ldrd r9, r11, [r12, #24]\n"
        "2:\n"
        "vldrb.8 q0, [r9]\n vldrb.8 q1, [r9, #16]\n"
        "vldrb.8 q2, [r9, #32]\n vldrb.8 q3, [r9, #48]\n"
        "vldrw.32 q7, [r9, #80]\n"
        "ldr r1, [r12]\n"
        "ldr r3, [r12, #8]\n"
        "add r0, r3, #4\n"
        "str r0, [r12, #8]\n"
        "ldr r0, [r12, #16]\n"
        "ldr r2, [r12, #32]\n"
        "dls lr, r0\n"
        "cmp r2, #0\n"
        "beq.w 4f\n" PAIRS(NO_AWAY, NARROW) "b 5f\n"
                                            "4:\n" PAIRS(AWAY, CLAMP) "5:\n"
                                                                      "add r9, r9, #112\n"
                                                                      "ldr r0, [r12, #20]\n"
                                                                      "subs r0, r0, #1\n"
                                                                      "str r0, [r12, #20]\n"
                                                                      "bne.w 2b\n"
                                                                      "vpop {d8-d15}\n"
                                                                      "pop {r4-r11, pc}\n");
}
#else
{
    const int32_t *stream = few->stream;
    for (; few->groups > 0; few->groups--, stream += 28, few->out += 4) {
        const int8_t *in = few->in;
        int8_t *out = few->out;
        for (int32_t x = 0; x < 2 * few->pairs; x++, in += few->step) {
            for (int32_t c = 0; c < 4; c++) {
                const int8_t *weights = (const int8_t *)(stream + c % 2 * 8) + c / 2 * 16;
                int32_t sum = stream[16 + c];
                for (int32_t k = 0; k < 16; k++) {
                    sum += weights[k] * in[k];
                }
                out[few->places[2 * c + x % 2]] = output(few, sum, stream[20 + c], stream[24 + c]);
            }
            out += x % 2 * few->advance;
        }
    }
}
#endif
