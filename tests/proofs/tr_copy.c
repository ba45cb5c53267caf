/* Elsewhere, and to the front of what is copied: by less than a word, and by more. */
#include "tinyrob/tr_copy.h"

#include "proof.h"

int main(void)
{
    for (uint32_t bytes = 1; bytes <= 40; bytes++) {
        const tr_copy_bytes copy = {bytes};
        int8_t *out = fresh((int32_t)bytes);
        tr_copy(&copy, any_bytes((int32_t)bytes), out, 0);
        all_written(out, (int32_t)bytes);
        for (uint32_t before = 1; before <= 9; before += 4) {
            int8_t *both = any_bytes((int32_t)(bytes + before));
            tr_copy(&copy, both + before, both, 0);
            all_written(both, (int32_t)(bytes + before));
        }
    }
    return 0;
}
