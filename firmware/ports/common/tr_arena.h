/* The model's working memory, between two guards. */
#ifndef TR_ARENA_H
#define TR_ARENA_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Fills the guards. Called once, before the first inference. */
void tr_arena_start(void);

/* TR_MODEL_ARENA_BYTES bytes, aligned to 16. */
void *tr_arena(void);

/* False once something wrote to a guard. */
bool tr_arena_whole(void);

#ifdef __cplusplus
}
#endif

#endif
