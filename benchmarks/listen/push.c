/* Hops of a fixed noise through a front end: what each takes, the most of them. Without PUSHES, the same
 * program around nothing: the difference is the front end's flash. */
#include "front_frontend.h"
#include "tr_arena.h"
#include "tr_port.h"
#include "tr_say.h"
#include "tr_stack.h"

#if PUSHES > 0
static front_frontend sound;

/* The most instructions that one of the hops takes. */
static uint32_t push(void)
{
    static int16_t samples[FRONT_HOP];
    uint32_t state = 1, most = 0;
    for (uint32_t hop = 0; hop < PUSHES; hop++) {
        for (uint32_t i = 0; i < FRONT_HOP; i++) {
            state = state * 1664525U + 1013904223U;
            samples[i] = (int16_t)((int32_t)(state >> 19) - 4096);
        }
        const uint32_t start = tr_port_count();
        (void)front_frontend_push(&sound, samples, FRONT_HOP);
        const uint32_t passed = tr_port_count() - start - tr_port_count_empty();
        most = passed > most ? passed : most;
    }
    return most;
}
#endif

static void say(const char *name, uint32_t value)
{
    tr_say(name);
    tr_say(" ");
    tr_say_number(value, 1U);
    tr_say("\n");
}

int main(void)
{
    tr_port_start();
    tr_arena_start();
#if PUSHES > 0
    say("instructions", push());
    say("state_bytes", (uint32_t)sizeof sound);
#endif
    say("stack_bytes", tr_stack_peak());
    say("memory_intact", tr_arena_whole() && tr_stack_whole() ? 1U : 0U);
    tr_port_flush();
    tr_port_exit(0);
}
