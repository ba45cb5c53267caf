/* 1 or 2 rows of 1 to 4 values of 1 or 2, each way. */
#include "tinyrob/tr_arg_s8.h"

#include "proof.h"

static void run(uint32_t outer, uint32_t size, uint32_t inner, uint8_t least)
{
    const tr_arg arg = {outer, size, inner, least};
    const int32_t places = (int32_t)(outer * inner);
    int32_t *out = malloc(sizeof(int32_t) * (size_t)places);
    tr_arg_s8(&arg, any_bytes(places * (int32_t)size), out, 0);
    for (int32_t i = 0; i < places; i++) {
        /*@ assert \initialized(out + i); */
        /*@ assert 0 <= out[i] < size; */
    }
}

int main(void)
{
    for (uint32_t outer = 1; outer <= 2; outer++) {
        for (uint32_t size = 1; size <= 4; size++) {
            for (uint32_t inner = 1; inner <= 2; inner++) {
                run(outer, size, inner, 0);
                run(outer, size, inner, 1);
            }
        }
    }
    return 0;
}
