/* Samples on standard input, pushed in pieces of so many (0: of changing sizes); every frame's
 * features on standard output, as they come, and in the end the network's input. */
#include <stdio.h>
#include <stdlib.h>

#include "tr_model_frontend.h"

#define MOST 4096U

static uint32_t next_size(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return 1U + (*seed >> 16) % ((TR_MODEL_FRAMES > 1 ? 2U : 1U) * TR_MODEL_HOP);
}

int main(int argc, char **argv)
{
    static int16_t samples[MOST];
    static int8_t input[TR_MODEL_FRAMES * TR_MODEL_FEATURES];
    const uint32_t piece = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0U;
    tr_model_frontend *state = malloc(sizeof *state);
    uint32_t seed = 1, completed = 0;
    if (state == NULL) {
        return 1;
    }
    tr_model_frontend_reset(state);
    for (;;) {
        uint32_t size = piece > 0U ? piece : next_size(&seed);
        size = size > MOST ? MOST : size;
        const uint32_t got = (uint32_t)fread(samples, sizeof *samples, size, stdin);
        const uint32_t fresh = tr_model_frontend_push(state, samples, got);
        completed += fresh;
        if (fresh > TR_MODEL_FRAMES || completed != state->place.frames) {
            return 2;
        }
        tr_model_frontend_input(state, input);
        (void)fwrite(input + TR_MODEL_FEATURES * (TR_MODEL_FRAMES - fresh), TR_MODEL_FEATURES,
                     fresh, stdout);
        if (got < size) {
            break;
        }
    }
    (void)fwrite(input, sizeof input, 1, stdout);
    free(state);
    return 0;
}
