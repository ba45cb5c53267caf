#include "tr_semihost.h"

#include "tr_board.h"

#if TR_BOARD_SEMIHOSTING

#define SYS_WRITE0 0x04U
#define SYS_EXIT_EXTENDED 0x20U
#define APPLICATION_EXIT 0x20026U

static void call(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
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
