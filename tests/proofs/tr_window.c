/* Kernels of 1 to 8 taps; not bounded otherwise: every position, stride, padding, dilation, size. */
#include "tinyrob/tr_window.h"

#include "proof.h"

int main(void)
{
    for (int32_t kernel = 1; kernel <= 8; kernel++) {
        const tr_taps taps = tr_clip(ANY(int32_t, 0, 32766), ANY(int32_t, 1, 32767),
                                     ANY(int32_t, 0, 32767), kernel, ANY(int32_t, 1, 32767),
                                     ANY(int32_t, 1, 32767));
        /*@ assert 0 <= taps.first <= kernel; */
        /*@ assert 0 <= taps.last <= kernel; */
    }
    return 0;
}
