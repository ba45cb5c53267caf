/* Who reads a ring that a DMA writes: how many samples have come, been taken, been overwritten.
 *
 * The DMA says only where it writes next, and whether it has gone round at least once since it was
 * last asked. A reader that was away for longer than a turn learns how many turns there were from the
 * time that has passed. */
#ifndef TR_RING_H
#define TR_RING_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tr_ring {
    uint32_t samples; /* of the ring */
    uint32_t at;      /* where the DMA wrote when it was last asked */
    uint32_t waiting; /* samples that have come and are not taken: at most samples - 1 */
    uint32_t lost;    /* samples that were overwritten */
} tr_ring;

static inline void tr_ring_start(tr_ring *ring, uint32_t samples, uint32_t at)
{
    ring->samples = samples;
    ring->at = at;
    ring->waiting = 0;
}

/* The DMA writes next at `at`, `turned`: it has begun anew since it was last asked; `passed`: samples
 * of time since then, to within half a ring. What a half-written turn may overwrite is given up. */
static inline void tr_ring_note(tr_ring *ring, uint32_t at, bool turned, uint32_t passed)
{
    uint32_t came = (at + ring->samples - ring->at) % ring->samples;
    if (turned && passed > came) {
        came += (passed - came + ring->samples / 2U) / ring->samples * ring->samples;
    }
    ring->at = at;
    ring->waiting += came;
    if (ring->waiting >= ring->samples) {
        const uint32_t kept = ring->samples / 2U;
        ring->lost += ring->waiting - kept;
        ring->waiting = kept;
    }
}

/* Where the oldest sample that waits lies. */
static inline uint32_t tr_ring_oldest(const tr_ring *ring)
{
    return (ring->at + ring->samples - ring->waiting) % ring->samples;
}

#ifdef __cplusplus
}
#endif

#endif
