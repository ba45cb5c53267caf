/* The app `bench`: one inference of a fixed input; its cost goes to the console, a `name value`
 * line each, and then the program ends. */
#include "tr_arena.h"
#include "tr_count.h"
#include "tr_model.h"
#include "tr_port.h"
#include "tr_proto.h"
#include "tr_say.h"
#include "tr_stack.h"

static void print_number(const char *name, uint64_t value)
{
    char digits[21];
    char *at = digits + sizeof digits - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + (char)tr_count_divide(&value, 10U));
    } while (value > 0U);
    tr_say(name);
    tr_say(" ");
    tr_say(at);
    tr_say("\n");
}

/* Bytes of a linear congruential generator: the same on every board, and not all alike. */
static uint32_t fill(int8_t *input, uint32_t bytes, uint32_t state)
{
    for (uint32_t i = 0; i < bytes; i++) {
        state = state * 1664525U + 1013904223U;
        input[i] = (int8_t)((int32_t)(state >> 24) - 128);
    }
    return state;
}

static void fill_inputs(void)
{
#if TR_MODEL_INPUTS == 1
    /* Of int16 where the network's are. NOLINTNEXTLINE(readability-redundant-casting) */
    (void)fill((int8_t *)tr_model_input(tr_arena()), TR_MODEL_INPUT_BYTES, 1U);
#else
    uint32_t state = 1;
    for (uint32_t i = 0; i < TR_MODEL_INPUTS; i++) {
        state = fill(tr_model_input_at(tr_arena(), i), tr_model_input_bytes[i], state);
    }
#endif
}

int main(void)
{
    tr_port_start();
    tr_arena_start();
#ifdef TR_MODEL_STATE_BYTES
    tr_model_reset(tr_arena());
#endif
    fill_inputs();
    const uint32_t empty = tr_port_count_empty();
    const uint32_t slow = tr_port_slow_count();
    const uint32_t start = tr_port_count();
    tr_model_invoke(tr_arena(), 0);
    const uint32_t low = tr_port_count() - start - empty;
    const uint64_t count = tr_count_whole(low, tr_port_slow_count() - slow);
    const uint32_t counter = tr_port_counter();
#ifdef TR_MODEL_CAN_FAIL
    if (tr_model_failed()) {
        print_number("model_failed", 1U);
        tr_port_flush();
        tr_port_exit(1);
    }
#endif
    if (counter != TR_COUNTER_NONE) {
        print_number(counter == TR_COUNTER_INSTRUCTIONS ? "instructions" : "cycles", count);
    }
    print_number("arena_bytes", TR_MODEL_ARENA_BYTES);
    print_number("stack_bytes", tr_stack_peak());
    print_number("memory_intact", tr_arena_whole() && tr_stack_whole() ? 1U : 0U);
    tr_port_flush();
    tr_port_exit(0);
}
