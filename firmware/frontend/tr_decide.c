#include "tinyrob/tr_decide.h"

/* Sums follow what enters and leaves the window. */
static void slide(const tr_decide *decide, tr_decide_state *state, uint8_t *last, uint16_t *sums,
                  const uint8_t *posteriors)
{
    uint8_t *const oldest = last + (uint32_t)state->next * decide->classes;
    for (uint32_t i = 0; i < decide->classes; i++) {
        sums[i] = (uint16_t)(sums[i] + posteriors[i] - oldest[i]);
        oldest[i] = posteriors[i];
    }
    state->next = (uint16_t)(state->next + 1U == decide->window ? 0U : state->next + 1U);
}

int32_t tr_decide_next(const tr_decide *decide, tr_decide_state *state, uint8_t *last,
                       uint16_t *sums, const uint8_t *posteriors)
{
    int32_t best = -1;
    slide(decide, state, last, sums, posteriors);
    for (int32_t i = 0; i < (int32_t)decide->classes; i++) {
        if (decide->heard[i] != 0U && (best < 0 || sums[i] > sums[best])) {
            best = i;
        }
    }
    if (best < 0) {
        return -1;
    }
    if (state->wait > 0U) {
        state->wait--;
    }
    if (state->active) {
        state->active = sums[best] >= decide->off;
        return -1;
    }
    if (state->wait > 0U || sums[best] < decide->on) {
        return -1;
    }
    state->active = true;
    state->wait = decide->refractory;
    return best;
}
