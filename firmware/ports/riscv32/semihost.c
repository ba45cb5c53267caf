#include "tr_semihost.h"

#include "tr_board.h"

#if TR_BOARD_SEMIHOSTING

#define SYS_WRITE0 0x04U
#define SYS_EXIT_EXTENDED 0x20U
#define APPLICATION_EXIT 0x20026U

/* The three instructions that mark a call (RISC-V semihosting 0.3): uncompressed, on one page. */
static void call(uint32_t operation, const void *argument)
{
    register uint32_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    __asm__ volatile(".option push\n\t"
                     ".option norvc\n\t"
                     ".balign 16\n\t"
                     "slli zero, zero, 0x1f\n\t"
                     "ebreak\n\t"
                     "srai zero, zero, 7\n\t"
                     ".option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
}

void tr_semihost_print(const char *text)
{
    call(SYS_WRITE0, text);
}

void tr_semihost_exit(int32_t code)
{
    const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)code};
    call(SYS_EXIT_EXTENDED, block);
}

#else

void tr_semihost_print(const char *text)
{
    (void)text;
}

void tr_semihost_exit(int32_t code)
{
    (void)code;
}

#endif
