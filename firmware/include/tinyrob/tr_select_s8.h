/* A choice between two values by a third: TFLite's SELECT_V2. */
#ifndef TINYROB_TR_SELECT_S8_H
#define TINYROB_TR_SELECT_S8_H

#include "tinyrob/tr_broadcast.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The output's axes, and for the condition, a and b which of them it repeats along, as
 * tr_broadcast has it. */
typedef struct tr_select {
    uint32_t size[4];
    uint8_t repeats[3];
} tr_select;

/* a where the condition is not 0, else b; no overlap. */
void tr_select_s8(const tr_select *select, const int8_t *condition, const int8_t *a,
                  const int8_t *b, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
