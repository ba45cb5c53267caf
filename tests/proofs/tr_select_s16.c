/* Each set of axes along which one of the three repeats, the others taking turns. */
#include "tinyrob/tr_select_s16.h"

#include "pairs16.h"

int main(void)
{
    const uint32_t size[4] = {2, 1, 3, 2};
    for (uint32_t first = 0; first < 16; first++) {
        const uint8_t sets[3] = {(uint8_t)first, (uint8_t)(first * 5 % 16), (uint8_t)(15 - first)};
        for (uint32_t turn = 0; turn < 3; turn++) {
            const tr_select select = {{2, 1, 3, 2},
                                      {sets[turn], sets[(turn + 1) % 3], sets[(turn + 2) % 3]}};
            const uint8_t *repeats = select.repeats;
            int16_t *out = fresh16(values_of(size, 0));
            tr_select_s16(&select, any_bytes(values_of(size, repeats[0])),
                          any_shorts(values_of(size, repeats[1])),
                          any_shorts(values_of(size, repeats[2])), out, 0);
            all_written16(out, values_of(size, 0));
        }
    }
    return 0;
}
