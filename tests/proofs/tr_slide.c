/* 1 to 3 runs: words, with a rest of each kind, and bytes; fewer fresh ones than kept, as many, and more. */
#include "tinyrob/tr_slide.h"

#include "proof.h"

static void run(uint32_t rows, uint32_t kept, uint32_t fresh_bytes)
{
    const tr_slide_rows slide = {rows, kept, fresh_bytes};
    const int32_t all = (int32_t)(rows * (kept + fresh_bytes));
    int8_t *out = any_bytes(all);
    tr_slide(&slide, any_bytes((int32_t)(rows * fresh_bytes)), out, 0);
    all_written(out, all);
}

int main(void)
{
    for (uint32_t rows = 1; rows <= 3; rows++) {
        for (uint32_t fresh_bytes = 4; fresh_bytes <= 24; fresh_bytes += 4) {
            run(rows, 4, fresh_bytes);
            run(rows, 20, fresh_bytes);
            run(rows, 40, fresh_bytes);
        }
        run(rows, 1, 1);
        run(rows, 3, 2);
        run(rows, 2, 5);
        run(rows, 8, 3);
    }
    return 0;
}
