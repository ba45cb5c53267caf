/* What harnesses are made of: any value of a range, memory of exactly its stated size, and a look at
 * each byte of a result. Frama-C/Eva runs them on all values at once; prove.py says how. */
#ifndef PROOF_H
#define PROOF_H

#include <stdint.h>
#include <stdlib.h>

#include "__fc_builtin.h"

#define ANY(type, lo, hi) ((type)Frama_C_interval(lo, hi))
#define ANY_WORD ANY(int32_t, INT32_MIN, INT32_MAX)

static inline int8_t *any_bytes(int32_t count)
{
    int8_t *bytes = malloc((size_t)count);
    for (int32_t i = 0; i < count; i++) {
        bytes[i] = ANY(int8_t, -128, 127);
    }
    return bytes;
}

static inline int8_t *any_shifts(int32_t count, int32_t lo, int32_t hi)
{
    int8_t *bytes = malloc((size_t)count);
    for (int32_t i = 0; i < count; i++) {
        bytes[i] = ANY(int8_t, lo, hi);
    }
    return bytes;
}

static inline int32_t *any_words(int32_t count, int32_t lo, int32_t hi)
{
    int32_t *words = malloc(sizeof(int32_t) * (size_t)count);
    for (int32_t i = 0; i < count; i++) {
        words[i] = ANY(int32_t, lo, hi);
    }
    return words;
}

/* Memory that nobody has written to. */
static inline int8_t *fresh(int32_t count)
{
    return malloc((size_t)count);
}

/* Reads each byte: an alarm where one was not written. */
static inline void all_written(const int8_t *bytes, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        /*@ assert \initialized(bytes + i); */
    }
}

#define ANY_OUTPUT {ANY(int8_t, -128, 127), ANY(int8_t, -128, 127), ANY(int8_t, -128, 127)}

#endif
