/* Portable convolution in groups: one group after the other, its channels laid side by side
 * first, by the convolution that is fast. 3 instructions for each value that is copied. */
#include "tinyrob/tr_conv2d_grouped_s8.h"

void tr_conv2d_grouped_s8(const tr_conv2d_grouped *of, const int8_t *in, int8_t *out, void *scratch)
{
    tr_conv2d conv = of->conv;
    for (uint32_t group = 0; group < of->groups.count; group++) {
        const int8_t *given = tr_group_inputs(&of->groups, group, &conv.window, conv.batches, in,
                                              scratch);
        tr_conv2d_s8(&conv, given, tr_group_made(&of->groups, scratch), scratch);
        tr_group_outputs(&of->groups, group, &conv.window, conv.batches, out, scratch);
        conv.weights += of->weights;
        conv.bias += conv.out_c;
        conv.multiplier += conv.out_c;
        conv.shift += conv.out_c;
    }
}
