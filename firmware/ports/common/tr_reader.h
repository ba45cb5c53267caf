/* Who reads the ring of a microphone's driver: waits, counts what was lost, and gives up on a
 * source that has fallen silent. All that it asks of a driver is where its DMA writes next. */
#ifndef TR_READER_H
#define TR_READER_H

#include "tr_board.h"
#include "tr_port.h"
#include "tr_ring.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tr_reader {
    tr_ring ring;
    uint32_t cycles; /* of tr_port_count, a sample */
    uint32_t asked;  /* tr_port_count, when the DMA was last asked */
} tr_reader;

/* The DMA begins at the ring's first sample, now. */
static inline void tr_reader_start(tr_reader *reader, uint32_t samples, uint32_t rate)
{
    tr_ring_start(&reader->ring, samples, 0);
    reader->cycles = TR_BOARD_CLOCK_HZ / rate;
    reader->asked = tr_port_count();
}

/* The DMA writes next at `at`; whether any sample has come since. */
static inline bool tr_reader_note(tr_reader *reader, uint32_t at)
{
    const uint32_t now = tr_port_count(), passed = (now - reader->asked) / reader->cycles;
    const uint32_t waiting = reader->ring.waiting, lost = reader->ring.lost;
    reader->asked = now;
    tr_ring_note(&reader->ring, at, true, passed);
    return reader->ring.waiting != waiting || reader->ring.lost != lost;
}

/* Until n samples wait; false where none has come for a second. `at` asks the DMA. */
static inline bool tr_reader_await(tr_reader *reader, uint32_t (*at)(void), uint32_t n)
{
    uint32_t moved = tr_port_count();
    (void)tr_reader_note(reader, at());
    while (reader->ring.waiting < n) {
        if (tr_reader_note(reader, at())) {
            moved = tr_port_count();
        } else if (tr_port_count() - moved > TR_BOARD_CLOCK_HZ) {
            return false;
        }
    }
    return true;
}

/* Where the next sample lies, which counts as taken. Where tr_reader_await has said that it is there. */
static inline uint32_t tr_reader_take(tr_reader *reader)
{
    const uint32_t at = tr_ring_oldest(&reader->ring);
    reader->ring.waiting--;
    return at;
}

#ifdef __cplusplus
}
#endif

#endif
