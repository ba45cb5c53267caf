#include "tr_dsp_winograd_products.h"

#ifdef TR_DSP_INSTRUCTIONS

/* A word of two output channels by those of four tiles, at so many bytes from r1 and r0. */
#define STEP(kernel, input)                                                                       \
    "ldr.w r12, [r1, #" kernel "]\n ldr.w lr, [r1, #" kernel "+4]\n"                              \
    "ldr.w r10, [r0, #" input "]\n ldr.w r11, [r0, #" input "+4]\n"                               \
    "smlad r2, r12, r10, r2\n smlad r3, r12, r11, r3\n"                                           \
    "smlad r6, lr, r10, r6\n smlad r7, lr, r11, r7\n"                                             \
    "ldr.w r10, [r0, #" input "+8]\n ldr.w r11, [r0, #" input "+12]\n"                            \
    "smlad r4, r12, r10, r4\n smlad r5, r12, r11, r5\n"                                           \
    "smlad r8, lr, r10, r8\n smlad r9, lr, r11, r9\n"

#endif

void tr_dsp_winograd_products(const int32_t *inputs TR_DSP_UNUSED,
                              const int32_t *kernels TR_DSP_UNUSED, int32_t words TR_DSP_UNUSED,
                              int32_t *sums TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: inputs; r1: kernels; r2-r9: the sums. Frame: where a position's kernels end, the sums'
     * place (4), bytes of a position's kernels (8), the end of the sums' places (12). */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #20\n"
                     "lsl r10, r2, #7\n"
                     "add r11, r1, r10\n"
                     "add r12, r3, #512\n"
                     "strd r11, r3, [sp]\n"
                     "strd r10, r12, [sp, #8]\n"
                     "0:\n"
                     "movs r2, #0\n movs r3, #0\n movs r4, #0\n movs r5, #0\n"
                     "movs r6, #0\n movs r7, #0\n mov r8, r2\n mov r9, r2\n"
                     ".balign 4\n"
                     "1:\n" STEP("0", "0") STEP("128", "256") STEP("256", "512")
                     STEP("384", "768") STEP("512", "1024") STEP("640", "1280")
                     STEP("768", "1536") STEP("896", "1792")
                     "ldr r10, [sp]\n"
                     "add.w r0, r0, #2048\n"
                     "add.w r1, r1, #1024\n"
                     "cmp r1, r10\n"
                     "bne.w 1b\n"
                     "ldrd r11, r12, [sp, #4]\n"
                     "ldr r14, [sp, #12]\n"
                     "stmia.w r11!, {r2-r9}\n"
                     "add r10, #8\n"
                     "sub r0, r0, r12, lsl #1\n"
                     "sub r1, r1, r12\n"
                     "adds r0, #16\n"
                     "adds r1, #8\n"
                     "strd r10, r11, [sp]\n"
                     "cmp r11, r14\n"
                     "bne.w 0b\n"
                     "add sp, #20\n"
                     "pop {r4-r11, pc}\n");
}
#else
{
    for (int32_t p = 0; p < 16; p++) {
        for (int32_t c = 0; c < 2; c++) {
            for (int32_t t = 0; t < 4; t++) {
                int32_t sum = 0;
                for (int32_t i = 0; i < words; i++) {
                    sum = tr_smlad(kernels[32 * i + 2 * p + c], inputs[64 * i + 4 * p + t], sum);
                }
                sums[8 * p + 4 * c + t] = sum;
            }
        }
    }
}
#endif
