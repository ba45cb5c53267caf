/* The core behind Arduino.h, for one turn of the loop: over a port of ours, or on this machine. */
#include "Arduino.h"

#ifdef TR_ON_A_BOARD
#include "tr_arena.h"
#include "tr_port.h"
#include "tr_stack.h"

static void write(const char *text, uint32_t bytes)
{
    tr_port_write(reinterpret_cast<const uint8_t *>(text), bytes);
}

#else
#include <cstdio>

static void write(const char *text, uint32_t bytes)
{
    std::fwrite(text, 1, bytes, stdout);
}

#endif

Console Serial;

void Console::begin(unsigned long)
{
}

void Console::println(unsigned int value)
{
    char digits[12];
    char *at = digits + sizeof digits;
    *--at = '\n';
    do {
        *--at = static_cast<char>('0' + value % 10U);
        value /= 10U;
    } while (value > 0U);
    write(at, static_cast<uint32_t>(digits + sizeof digits - at));
}

void delay(unsigned long)
{
}

int main()
{
#ifdef TR_ON_A_BOARD
    tr_port_start();
    tr_arena_start();
    setup();
    loop();
    tr_port_flush();
    tr_port_exit(tr_arena_whole() && tr_stack_whole() ? 0 : 1);
#else
    setup();
    loop();
#endif
    return 0;
}
