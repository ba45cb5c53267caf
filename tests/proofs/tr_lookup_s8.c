/* Any table; apart and in place. */
#include "tinyrob/tr_lookup_s8.h"

#include "proof.h"

int main(void)
{
    const int8_t *table = any_bytes(256);
    for (uint32_t elements = 1; elements <= 16; elements++) {
        const tr_lookup layer = {elements, table};
        int8_t *in = any_bytes((int32_t)elements), *out = fresh((int32_t)elements);
        tr_lookup_s8(&layer, in, out, 0);
        all_written(out, (int32_t)elements);
        tr_lookup_s8(&layer, in, in, 0);
    }
    return 0;
}
