/* Portable SELECT_V2 of int16. */
#include "tinyrob/tr_select_s16.h"

void tr_select_s16(const tr_select *select, const int8_t *condition, const int16_t *a,
                   const int16_t *b, int16_t *out, void *scratch)
{
    const uint32_t *size = select->size;
    uint32_t ic[4], ia[4], ib[4];
    (void)scratch;
    tr_broadcast_steps(size, select->repeats[0], ic);
    tr_broadcast_steps(size, select->repeats[1], ia);
    tr_broadcast_steps(size, select->repeats[2], ib);
    for (uint32_t i = 0; i < size[0]; i++) {
        for (uint32_t j = 0; j < size[1]; j++) {
            for (uint32_t k = 0; k < size[2]; k++) {
                const int8_t *pc = condition + i * ic[0] + j * ic[1] + k * ic[2];
                const int16_t *pa = a + i * ia[0] + j * ia[1] + k * ia[2];
                const int16_t *pb = b + i * ib[0] + j * ib[1] + k * ib[2];
                for (uint32_t n = size[3]; n > 0; n--) {
                    *out++ = *pc ? *pa : *pb;
                    pc += ic[3];
                    pa += ia[3];
                    pb += ib[3];
                }
            }
        }
    }
}
