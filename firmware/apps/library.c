/* The app `none`: the model as a library. These five lines are all that your own program needs. */
#include "tr_model.h"

static unsigned char tr_arena_memory[TR_MODEL_ARENA_BYTES] __attribute__((aligned(16)));

int main(void)
{
    int8_t *input = tr_model_input(tr_arena_memory);
    for (unsigned i = 0; i < TR_MODEL_INPUT_BYTES; i++) {
        input[i] = 0; /* your sensor's values: the README says what they mean */
    }
    tr_model_invoke(tr_arena_memory, 0);
    return tr_model_output(tr_arena_memory)[0];
}
