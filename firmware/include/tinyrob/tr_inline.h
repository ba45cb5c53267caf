/* Functions that take a function, and are to cost no call of it. */
#ifndef TINYROB_TR_INLINE_H
#define TINYROB_TR_INLINE_H

/* In line whatever a compiler thinks of the size; and before its other passes, so that the function
 * that is given is seen in time. Compilers that know no such word decide themselves. */
#ifdef __GNUC__
#define TR_INLINE static inline __attribute__((always_inline))
#else
#define TR_INLINE static inline
#endif

#endif
