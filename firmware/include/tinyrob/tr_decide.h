/* From the posteriors of a stream to decisions: smoothed over the last inferences, with a threshold,
 * hysteresis and a refractory time. */
#ifndef TINYROB_TR_DECIDE_H
#define TINYROB_TR_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tr_decide {
    const uint8_t *heard; /* of each class: whether it is a detection, 0 or 1 */
    uint16_t classes;     /* at least 1 */
    uint16_t window;      /* inferences that are summed, 1 to 64 */
    uint16_t refractory;  /* inferences after the start of a detection without another */
    uint32_t on;          /* a detection starts where a class's sum reaches it, at most 2^15 */
    uint32_t off;         /* and ends where no class's does; at most `on` */
} tr_decide;

/* Begins as zeros; which is where a stream begins. */
typedef struct tr_decide_state {
    uint16_t next;
    uint16_t wait;
    bool active;
} tr_decide_state;

/* Takes the posteriors of an inference, each in [0, 255], and returns the class whose detection starts
 * with it, or -1. `last`: window * classes posteriors, `sums`: classes; both zeros at first. */
int32_t tr_decide_next(const tr_decide *decide, tr_decide_state *state, uint8_t *last,
                       uint16_t *sums, const uint8_t *posteriors);

#ifdef __cplusplus
}
#endif

#endif
