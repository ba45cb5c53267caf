#include "tr_semihost.h"

#include "tr_board.h"

#if TR_BOARD_SEMIHOSTING

#include "tr_semihost_call.h"

#define SYS_OPEN 0x01U
#define SYS_WRITE0 0x04U
#define SYS_READ 0x06U
#define SYS_GET_CMDLINE 0x15U
#define SYS_EXIT_EXTENDED 0x20U
#define APPLICATION_EXIT 0x20026U
#define READ_BYTES 1U /* fopen's "rb" */
#define LONGEST_LINE 512U

void tr_semihost_print(const char *text)
{
    (void)tr_semihost_call(SYS_WRITE0, text);
}

void tr_semihost_exit(int32_t code)
{
    const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)code};
    (void)tr_semihost_call(SYS_EXIT_EXTENDED, block);
}

/* An address as the word that a parameter block has. */
static uint32_t word_of(const void *address)
{
    return (uint32_t)(uintptr_t)address;
}

int32_t tr_semihost_open(const char *what)
{
    static char line[LONGEST_LINE];
    const uint32_t asked[2] = {word_of(line), sizeof line};
    if (tr_semihost_call(SYS_GET_CMDLINE, asked) != 0U) {
        return -1;
    }
    const char *path = line;
    while (*what != '\0') {
        if (*path++ != *what++) {
            return -1; /* without arguments of its own, the line is the program's path */
        }
    }
    if (*path++ != ' ') {
        return -1;
    }
    uint32_t bytes = 0;
    while (path[bytes] != '\0') {
        bytes++;
    }
    const uint32_t opened[3] = {word_of(path), READ_BYTES, bytes};
    return (int32_t)tr_semihost_call(SYS_OPEN, opened);
}

uint32_t tr_semihost_read(int32_t file, void *to, uint32_t bytes)
{
    const uint32_t block[3] = {(uint32_t)file, word_of(to), bytes};
    const uint32_t missing = tr_semihost_call(SYS_READ, block);
    return missing > bytes ? 0U : bytes - missing;
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

int32_t tr_semihost_open(const char *what)
{
    (void)what;
    return -1;
}

uint32_t tr_semihost_read(int32_t file, void *to, uint32_t bytes)
{
    (void)file;
    (void)to;
    (void)bytes;
    return 0;
}

#endif
