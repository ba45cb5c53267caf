/* Watching a network layer by layer, for validation on a device. */
#ifndef TINYROB_TR_OBSERVER_H
#define TINYROB_TR_OBSERVER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `layer` is called right after layer `index` (0 .. NAME_LAYERS - 1) ran, with the tensor it
 * made: `bytes` int8 values that stay valid during the call only. */
typedef struct tr_observer {
    void (*layer)(void *context, uint32_t index, const int8_t *data, uint32_t bytes);
    void *context;
} tr_observer;

#ifdef __cplusplus
}
#endif

#endif
