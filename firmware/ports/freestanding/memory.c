/* The functions that a compiler may call in any program, freestanding ones as well: for programs
 * without a C library. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

/* Without these a compiler would see what a loop does, and call the function that it is in. */
#ifdef __clang__
#define PLAIN __attribute__((no_builtin("memcpy", "memmove", "memset")))
#else
#define PLAIN __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

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
        for (size_t i = 0; i < bytes; i++) {
            target[i] = source[i];
        }
        return to;
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

PLAIN int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *left = a;
    const uint8_t *right = b;
    for (size_t i = 0; i < bytes; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}

#if defined(__ARM_EABI__)
/* What LLVM calls in their place (RTABI, 4.3.4): the same, in other orders and with alignments. */
#define ALIGNED(result, name, parameters, body)                                                    \
    result __aeabi_##name parameters;                                                              \
    result __aeabi_##name##4 parameters;                                                           \
    result __aeabi_##name##8 parameters;                                                           \
    result __aeabi_##name parameters body result __aeabi_##name##4 parameters body result          \
        __aeabi_##name##8 parameters body

ALIGNED(void, memcpy, (void *restrict to, const void *restrict from, size_t bytes),
        { memcpy(to, from, bytes); })
ALIGNED(void, memmove, (void *to, const void *from, size_t bytes), { memmove(to, from, bytes); })
ALIGNED(void, memset, (void *to, size_t bytes, int value), { memset(to, value, bytes); })
ALIGNED(void, memclr, (void *to, size_t bytes), { memset(to, 0, bytes); })
#endif
