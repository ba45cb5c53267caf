/* Runs each network on each of its inputs in an arena of exactly its size, and writes the outputs
 * to the console; ends with 1 where a network wrote beyond its arena. */
#include <stdint.h>

#include "tr_arena.h"
#include "tr_model.h"
#include "tr_port.h"

#define GUARD 0xA5U

int main(void)
{
    uint8_t *arena = tr_arena();
    tr_port_start();
    tr_arena_start();
    for (uint32_t i = 0; i < tr_networks_count; i++) {
        const tr_network *network = &tr_networks[i];
        const int8_t *from = network->inputs;
        for (uint32_t s = 0; s < network->samples; s++) {
            for (uint32_t k = 0; k < TR_MODEL_ARENA_BYTES && (s == 0 || !network->start); k++) {
                arena[k] = GUARD;
            }
            if (s == 0 && network->start) {
                network->start(arena);
            }
            int8_t *to = network->in(arena);
            for (uint32_t k = 0; k < network->input; k++) {
                to[k] = *from++;
            }
            network->invoke(arena, 0);
            tr_port_write((const uint8_t *)network->out(arena), network->output);
            for (uint32_t k = network->arena; k < TR_MODEL_ARENA_BYTES; k++) {
                if (arena[k] != GUARD) {
                    tr_port_exit(1);
                }
            }
        }
    }
    tr_port_flush();
    tr_port_exit(tr_arena_whole() ? 0 : 1);
    return 0;
}
