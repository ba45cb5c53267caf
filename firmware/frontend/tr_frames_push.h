/* What front ends do with a stream: kept in line, so that what makes a row is called directly. */
#ifndef TINYROB_TR_FRAMES_PUSH_H
#define TINYROB_TR_FRAMES_PUSH_H

#include <stdbool.h>
#include <stddef.h>

#include "tinyrob/tr_frames.h"
#include "tinyrob/tr_inline.h"

/* To a lower address, or to other memory. No string.h: some cores' compilers come without. */
static inline void tr_frames_copy(const int16_t *samples, uint32_t n, int16_t *to)
{
    for (uint32_t i = 0; i < n; i++) {
        to[i] = samples[i];
    }
}

/* Half of x[t] - c x[t - 1], rounded down; c = 0: the samples as they are. */
static inline void tr_frames_take(const tr_frames *frames, int32_t previous, const int16_t *samples,
                                  uint32_t n, int16_t *to)
{
    if (frames->emphasis == 0U) {
        tr_frames_copy(samples, n, to);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        const int32_t now = samples[i];
        to[i] = (int16_t)((now * 32768LL - previous * (int64_t)frames->emphasis) >> 16);
        previous = now;
    }
}

/* `kept` holds frames->frame samples, `rows` frames->frames rows; make(spec, memory, row) makes a row of
 * the samples that are kept. Returns how many frames n samples completed. */
TR_INLINE uint32_t tr_frames_push(const tr_frames *frames, tr_frames_place *place, int16_t *kept,
                                  int8_t *rows, const int16_t *samples, uint32_t n,
                                  void (*make)(const void *, const void *, int8_t *),
                                  const void *spec, const void *memory)
{
    uint32_t completed = 0;
    while (n > 0U) {
        const bool skips = place->skip > 0U;
        const uint32_t wanted = skips ? place->skip : (uint32_t)frames->frame - place->filled;
        const uint32_t some = n < wanted ? n : wanted;
        if (skips) {
            place->skip -= some;
        } else {
            tr_frames_take(frames, place->previous, samples, some, kept + place->filled);
            place->filled = (uint16_t)(place->filled + some);
        }
        place->previous = samples[some - 1U];
        samples += some;
        n -= some;
        if (place->filled < frames->frame) {
            continue;
        }
        make(spec, memory, rows + (size_t)place->row * frames->width);
        place->row = (uint16_t)(place->row + 1U == frames->frames ? 0U : place->row + 1U);
        place->frames++;
        completed++;
        place->filled = 0;
        if (frames->hop < frames->frame) {
            place->filled = (uint16_t)(frames->frame - frames->hop);
            tr_frames_copy(kept + frames->hop, place->filled, kept);
        } else {
            place->skip = (uint32_t)frames->hop - frames->frame;
        }
    }
    return completed;
}

/* The rows, the oldest first. */
static inline void tr_frames_input(const tr_frames *frames, const tr_frames_place *place,
                                   const int8_t *rows, int8_t *to)
{
    const uint32_t all = (uint32_t)frames->frames * frames->width;
    uint32_t from = (uint32_t)place->row * frames->width;
    for (uint32_t i = 0; i < all; i++) {
        to[i] = rows[from];
        from = from + 1U == all ? 0U : from + 1U;
    }
}

static inline void tr_frames_begin(tr_frames_place *place)
{
    place->frames = 0;
    place->skip = 0;
    place->filled = 0;
    place->row = 0;
    place->previous = 0;
}

#endif
