/* An RP2040 whose only parts are its two counters: arguments are the cycle at which it starts and
 * how many pass between one reading and the next; what each difference was is printed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tr_count.h"
#include "tr_mmio.h"
#include "tr_port.h"
#include "tr_semihost.h"

#define CYCLES_PER_MICROSECOND 133U
#define BETWEEN 5U /* the second counter is read a few cycles after the first */

static uint64_t now;

uint32_t tr_mmio_read(uint32_t address)
{
    if (address == 0x40054028U || address == 0x40054024U) {
        const uint64_t microseconds = now / CYCLES_PER_MICROSECOND;
        now += BETWEEN;
        return (uint32_t)(address == 0x40054028U ? microseconds : microseconds >> 32);
    }
    if (address == 0xE000E018U) {
        return 0xFFFFFFU - (uint32_t)(now & 0xFFFFFFU);
    }
    exit(2);
}

void tr_mmio_write(uint32_t address, uint32_t value)
{
    (void)address;
    (void)value;
}

void tr_semihost_exit(int32_t code)
{
    exit(code);
}

int main(int arguments, char **argument)
{
    now = strtoull(argument[1], NULL, 10);
    for (int i = 2; i < arguments; i++) {
        const uint32_t slow = tr_port_slow_count();
        const uint32_t start = tr_port_count();
        now += strtoull(argument[i], NULL, 10) - BETWEEN;
        const uint32_t low = tr_port_count() - start;
        printf("%" PRIu64 "\n", tr_count_whole(low, tr_port_slow_count() - slow));
    }
    return 0;
}
