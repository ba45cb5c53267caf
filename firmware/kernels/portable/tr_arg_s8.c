/* Portable ARG_MAX and ARG_MIN: one place at a time. */
#include "tinyrob/tr_arg_s8.h"

static int32_t place(const tr_arg *arg, const int8_t *in)
{
    const int32_t sign = arg->least ? -1 : 1;
    int32_t best = *in * sign, found = 0;
    for (uint32_t n = 1; n < arg->size; n++) {
        in += arg->inner;
        if (*in * sign > best) {
            best = *in * sign;
            found = (int32_t)n;
        }
    }
    return found;
}

void tr_arg_s8(const tr_arg *arg, const int8_t *in, int32_t *out, void *scratch)
{
    (void)scratch;
    for (uint32_t o = 0; o < arg->outer; o++, in += arg->size * arg->inner) {
        for (uint32_t i = 0; i < arg->inner; i++) {
            *out++ = place(arg, in + i);
        }
    }
}
