/* Lines "count phase period" from standard input; what the port's two counters make of each count:
 * `phase` is where in a period of the slow one it starts. */
#include <inttypes.h>
#include <stdio.h>

#include "tr_count.h"

static uint32_t period;

uint32_t tr_port_slow_count(void)
{
    return 0;
}

uint32_t tr_port_slow_period(void)
{
    return period;
}

int main(void)
{
    uint64_t count, phase;
    while (scanf("%" SCNu64 " %" SCNu64 " %" SCNu32, &count, &phase, &period) == 3) {
        const uint32_t low = (uint32_t)(count & 0xFFFFFFFFU);
        const uint64_t ticks = (count + phase) / period;
        uint64_t whole = tr_count_whole(low, (uint32_t)(ticks & 0xFFFFFFFFU));
        printf("%" PRIu64, whole);
        const uint32_t rest = tr_count_divide(&whole, 480);
        printf(" %" PRIu64 " %" PRIu32 "\n", whole, rest);
    }
    return 0;
}
