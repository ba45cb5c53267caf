/* How much stack was used: it is painted at reset, and read back. */
#ifndef TR_STACK_H
#define TR_STACK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The stack's size, and the most of it that was ever used. 0 where it is not known (host). */
uint32_t tr_stack_bytes(void);
uint32_t tr_stack_peak(void);

/* False once the stack has reached its last words. */
bool tr_stack_whole(void);

#ifdef __cplusplus
}
#endif

#endif
