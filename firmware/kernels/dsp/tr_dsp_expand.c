#include "tr_dsp_expand.h"

#ifdef TR_DSP_INSTRUCTIONS

/* 40 bytes of code, which the jump into the unrolled loop relies on: all are 32-bit encodings. */
#define STEP                                                                                      \
    "ldr.w r4, [r1], #4\n ldr.w r5, [r2], #4\n ldr.w r6, [r3], #4\n"                              \
    "sxtb16 r7, r4\n sxtb16 r8, r5\n sxtb16 r9, r6\n"                                             \
    "sxtb16 r10, r4, ror #8\n sxtb16 r11, r5, ror #8\n sxtb16 r12, r6, ror #8\n"                  \
    "stmia.w r0!, {r7-r12}\n"

#endif

void tr_dsp_expand(const tr_dsp_windows *windows TR_DSP_UNUSED, int32_t *to TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: to; r1-r3: rows; lr: rounds of the loop left in the row. Frame: skips, rows left,
     * where the loop is entered (behind the steps that the first round is short of), rounds a
     * row. */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #24\n"
                     "mov r12, r1\n"
                     "ldmia.w r0, {r1-r8}\n"
                     "mov r0, r12\n"
                     "add r10, r7, #3\n"
                     "lsr r10, r10, #2\n"
                     "rsb r9, r7, #0\n"
                     "and r9, r9, #3\n"
                     "add r9, r9, r9, lsl #2\n"
                     "adr.w r11, 1f\n"
                     "add r9, r11, r9, lsl #3\n"
                     "orr r9, r9, #1\n"
                     "stmia.w sp, {r4-r6, r8-r10}\n"
                     "0:\n"
                     "ldr lr, [sp, #20]\n"
                     "ldr pc, [sp, #16]\n"
                     ".balign 4\n"
                     "1:\n" STEP STEP STEP STEP
                     "subs lr, lr, #1\n"
                     "bne 1b\n"
                     "ldmia.w sp, {r4-r7}\n"
                     "add r1, r1, r4\n"
                     "add r2, r2, r5\n"
                     "add r3, r3, r6\n"
                     "subs r7, r7, #1\n"
                     "str r7, [sp, #12]\n"
                     "bne 0b\n"
                     "add sp, #24\n"
                     "pop {r4-r11, pc}\n");
}
#else
{
    for (int32_t y = 0; y < windows->rows; y++) {
        for (int32_t i = 0; i < windows->words; i++, to += 6) {
            for (int32_t j = 0; j < 3; j++) {
                const int32_t pitch = 4 * windows->words + windows->skip[j];
                const int32_t word = tr_load4(windows->row[j] + y * pitch + 4 * i);
                to[j] = tr_sxtb16(word);
                to[3 + j] = tr_sxtb16_odd(word);
            }
        }
    }
}
#endif
