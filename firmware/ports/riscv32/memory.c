/* The functions that GCC may call in any program, freestanding ones as well. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

/* Without this GCC would see what a loop does, and call the function that it is in. */
#define PLAIN __attribute__((optimize("no-tree-loop-distribute-patterns")))

PLAIN void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    for (size_t i = 0; i < bytes; i++) {
        target[i] = source[i];
    }
    return to;
}

PLAIN void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    if ((uintptr_t)to <= (uintptr_t)from) {
        return memcpy(to, from, bytes);
    }
    for (size_t i = bytes; i > 0; i--) {
        target[i - 1] = source[i - 1];
    }
    return to;
}

PLAIN void *memset(void *to, int value, size_t bytes)
{
    uint8_t *target = to;
    for (size_t i = 0; i < bytes; i++) {
        target[i] = (uint8_t)value;
    }
    return to;
}
