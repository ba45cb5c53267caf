/* The app `arena`: how large an arena an interpreter needs, as a `name value` line. A build for
 * TFLite-Micro runs it first, in an emulator. */
#include "tr_arena.h"
#include "tr_model.h"
#include "tr_port.h"

int main(void)
{
    char digits[12];
    char *at = digits + sizeof digits;
    static const char name[] = "arena_needed ";
    tr_port_start();
    tr_arena_start();
    uint32_t bytes = tr_model_arena_needed(tr_arena());
    *--at = '\n';
    do {
        *--at = (char)('0' + bytes % 10U);
        bytes /= 10U;
    } while (bytes > 0U);
    tr_port_write((const uint8_t *)name, sizeof name - 1U);
    tr_port_write((const uint8_t *)at, (uint32_t)(digits + sizeof digits - at));
    tr_port_flush();
    tr_port_exit(0);
}
