/* The app `none` for a model of several inputs or outputs, or with a state. These lines are all that you need. */
#include "tr_model.h"

static unsigned char tr_arena_memory[TR_MODEL_ARENA_BYTES] __attribute__((aligned(16)));

int main(void)
{
#ifdef TR_MODEL_STATE_BYTES
    tr_model_reset(tr_arena_memory); /* where a sequence of inputs begins */
#endif
#if TR_MODEL_INPUTS == 1
    int8_t *input = tr_model_input(tr_arena_memory);
    for (unsigned i = 0; i < TR_MODEL_INPUT_BYTES; i++) {
        input[i] = 0; /* your sensor's values: the README says what they mean */
    }
#else
    for (unsigned k = 0; k < TR_MODEL_INPUTS; k++) {
        int8_t *input = tr_model_input_at(tr_arena_memory, k);
        for (unsigned i = 0; i < tr_model_input_bytes[k]; i++) {
            input[i] = 0; /* your sensors' values: the README says what they mean */
        }
    }
#endif
    tr_model_invoke(tr_arena_memory, 0);
#if TR_MODEL_OUTPUTS == 1
    return tr_model_output(tr_arena_memory)[0];
#else
    return tr_model_output_at(tr_arena_memory, 0)[0];
#endif
}
