/* A stream of samples, cut into frames. */
#include "tinyrob/tr_mel.h"

#include <stdbool.h>
#include <stddef.h>

#include "tr_mel_frame.h"

void tr_mel_reset(const tr_mel *mel, const tr_mel_memory *memory)
{
    for (uint32_t b = 0; b < mel->bands; b++) {
        memory->logs[b] = (int16_t)-mel->centre;
    }
    for (uint32_t i = 0; i < mel->frames; i++) {
        tr_mel_row(mel, memory, memory->rows + (size_t)i * mel->width);
    }
    memory->place->frames = 0;
    memory->place->skip = 0;
    memory->place->filled = 0;
    memory->place->row = 0;
    memory->place->previous = 0;
}

/* To a lower address, or to other memory. No string.h: some cores' compilers come without. */
static void copy(const int16_t *samples, uint32_t n, int16_t *to)
{
    for (uint32_t i = 0; i < n; i++) {
        to[i] = samples[i];
    }
}

/* Half of x[t] - c x[t - 1], rounded down; c = 0: the samples as they are. */
static void take(const tr_mel *mel, tr_mel_place *place, const int16_t *samples, uint32_t n,
                 int16_t *to)
{
    if (mel->emphasis == 0U) {
        copy(samples, n, to);
        return;
    }
    int32_t previous = place->previous;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t now = samples[i];
        to[i] = (int16_t)((now * 32768LL - previous * (int64_t)mel->emphasis) >> 16);
        previous = now;
    }
}

static void complete(const tr_mel *mel, const tr_mel_memory *memory)
{
    tr_mel_place *const place = memory->place;
    tr_mel_frame(mel, memory, memory->rows + (size_t)place->row * mel->width);
    place->row = (uint16_t)(place->row + 1U == mel->frames ? 0U : place->row + 1U);
    place->frames++;
    if (mel->hop < mel->frame) {
        place->filled = (uint16_t)(mel->frame - mel->hop);
        copy(memory->samples + mel->hop, place->filled, memory->samples);
    } else {
        place->filled = 0;
        place->skip = (uint32_t)mel->hop - mel->frame;
    }
}

uint32_t tr_mel_push(const tr_mel *mel, const tr_mel_memory *memory, const int16_t *samples,
                     uint32_t n)
{
    tr_mel_place *const place = memory->place;
    uint32_t completed = 0;
    while (n > 0U) {
        const bool skips = place->skip > 0U;
        const uint32_t wanted = skips ? place->skip : (uint32_t)mel->frame - place->filled;
        const uint32_t some = n < wanted ? n : wanted;
        if (skips) {
            place->skip -= some;
        } else {
            take(mel, place, samples, some, memory->samples + place->filled);
            place->filled = (uint16_t)(place->filled + some);
        }
        place->previous = samples[some - 1U];
        samples += some;
        n -= some;
        if (place->filled == mel->frame) {
            complete(mel, memory);
            completed++;
        }
    }
    return completed;
}

void tr_mel_input(const tr_mel *mel, const tr_mel_memory *memory, int8_t *to)
{
    const uint32_t all = (uint32_t)mel->frames * mel->width;
    uint32_t from = (uint32_t)memory->place->row * mel->width;
    for (uint32_t i = 0; i < all; i++) {
        to[i] = memory->rows[from];
        from = from + 1U == all ? 0U : from + 1U;
    }
}
