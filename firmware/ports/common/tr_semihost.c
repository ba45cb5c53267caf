#include "tr_semihost.h"

#include "tr_board.h"

#if TR_BOARD_SEMIHOSTING

#include "tr_semihost_call.h"

#define SYS_WRITE0 0x04U
#define SYS_EXIT_EXTENDED 0x20U
#define APPLICATION_EXIT 0x20026U

void tr_semihost_print(const char *text)
{
    tr_semihost_call(SYS_WRITE0, text);
}

void tr_semihost_exit(int32_t code)
{
    const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)code};
    tr_semihost_call(SYS_EXIT_EXTENDED, block);
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
