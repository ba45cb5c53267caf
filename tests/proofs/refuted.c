/* Must not be proved: the output is one byte too small.
 *
 * with: tr_lookup_s8.c */
#include "tinyrob/tr_lookup_s8.h"

#include "proof.h"

int main(void)
{
    const tr_lookup layer = {4, any_bytes(256)};
    tr_lookup_s8(&layer, any_bytes(4), fresh(3), 0);
    return 0;
}
