/* Not bounded: every magnitude, one entry of the table after the other. */
#include "tinyrob/tr_int16.h"

#include "proof.h"

int main(void)
{
    for (int32_t bits = 8; bits <= 9; bits++) {
        for (int32_t entry = 0; entry < 255; entry++) {
            const int32_t first = entry * (1 << bits);
            tr_interpolate16(ANY(uint32_t, first, first + (1 << bits) - 1), (uint32_t)bits);
        }
    }
    return 0;
}
