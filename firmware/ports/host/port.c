/* The host: a program whose console is its standard input and output. It counts nothing: a
 * figure of this machine would say nothing of a microcontroller. */
#include <stdio.h>
#include <stdlib.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

#include "tr_port.h"
#include "tr_proto.h"
#include "tr_semihost.h"
#include "tr_stack.h"

#define BUFFER_BYTES 65536

static char input_buffer[BUFFER_BYTES];
static char output_buffer[BUFFER_BYTES];

void tr_port_start(void)
{
#ifdef _WIN32
    /* Frames are bytes: no line ends are to be translated. */
    (void)_setmode(_fileno(stdin), _O_BINARY);
    (void)_setmode(_fileno(stdout), _O_BINARY);
#endif
    (void)setvbuf(stdin, input_buffer, _IOFBF, sizeof input_buffer);
    (void)setvbuf(stdout, output_buffer, _IOFBF, sizeof output_buffer);
}

int32_t tr_port_read(void)
{
    return getchar(); /* EOF is -1 on every system that this runs on */
}

void tr_port_write(const uint8_t *data, uint32_t bytes)
{
    if (fwrite(data, 1, bytes, stdout) != bytes) {
        exit(1); /* the other end has gone */
    }
}

void tr_port_flush(void)
{
    if (fflush(stdout) != 0) {
        exit(1);
    }
}

uint32_t tr_port_counter(void)
{
    return TR_COUNTER_NONE;
}

uint32_t tr_port_count(void)
{
    return 0;
}

uint32_t tr_port_slow_count(void)
{
    return 0;
}

uint32_t tr_port_slow_period(void)
{
    return 1;
}

uint32_t tr_port_count_empty(void)
{
    return 0;
}

void tr_port_led(bool lit)
{
    (void)lit;
}

void tr_port_exit(int32_t code)
{
    exit(code);
}

/* No emulator is here that would name a file. */
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

uint32_t tr_stack_bytes(void)
{
    return 0;
}

uint32_t tr_stack_peak(void)
{
    return 0;
}

bool tr_stack_whole(void)
{
    return true;
}
