/* Portable sliding of rows, in words where all that moves is whole ones: about 0.6 instructions a
 * byte on a Cortex-M4. */
#include "tinyrob/tr_slide.h"

static uint32_t load(const int8_t *from)
{
    uint32_t word;
    __builtin_memcpy(&word, from, 4);
    return word;
}

static void store(int8_t *to, uint32_t word)
{
    __builtin_memcpy(to, &word, 4);
}

/* To a place in front of `from`, or elsewhere altogether. */
static int8_t *copy(int8_t *to, const int8_t *from, uint32_t bytes, uint32_t whole)
{
    if (whole != 0u) {
        for (; bytes >= 32u; bytes -= 32u) {
            store(to, load(from));
            store(to + 4, load(from + 4));
            store(to + 8, load(from + 8));
            store(to + 12, load(from + 12));
            store(to + 16, load(from + 16));
            store(to + 20, load(from + 20));
            store(to + 24, load(from + 24));
            store(to + 28, load(from + 28));
            to += 32;
            from += 32;
        }
        for (; bytes >= 4u; bytes -= 4u) {
            store(to, load(from));
            to += 4;
            from += 4;
        }
    }
    for (; bytes > 0u; bytes--) {
        *to++ = *from++;
    }
    return to;
}

void tr_slide(const tr_slide_rows *slide, const int8_t *in, int8_t *out, void *scratch)
{
    const uint32_t kept = slide->kept, fresh = slide->fresh;
    const uint32_t whole = ((kept | fresh) & 3u) == 0u;
    (void)scratch;
    for (uint32_t row = 0; row < slide->rows; row++) {
        out = copy(out, out + fresh, kept, whole);
        out = copy(out, in, fresh, whole);
        in += fresh;
    }
}
