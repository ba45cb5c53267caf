/* A web page: the model's functions for JavaScript, which reads and writes this memory itself. It is
 * compiled to WebAssembly, without a C library; what is exported is named here and nowhere else. */
#include "tr_arena.h"
#include "tr_model.h"

#define EXPORTED(name) __attribute__((export_name(#name)))

/* JavaScript calls them. NOLINTBEGIN(misc-use-internal-linkage) */
EXPORTED(start) void tr_page_start(void);
EXPORTED(input) int8_t *tr_page_input(void);
EXPORTED(output) const int8_t *tr_page_output(void);
EXPORTED(infer) void tr_page_infer(void);
EXPORTED(whole) int32_t tr_page_whole(void);
/* NOLINTEND(misc-use-internal-linkage) */

/* Called once, before everything else. */
void tr_page_start(void)
{
    tr_arena_start();
}

/* Where the input goes, as int8. An inference overwrites it. */
int8_t *tr_page_input(void)
{
    return tr_model_input(tr_arena());
}

const int8_t *tr_page_output(void)
{
    return tr_model_output(tr_arena());
}

/* One inference; of a network that keeps a state, the first of a sequence. */
void tr_page_infer(void)
{
#ifdef TR_MODEL_STATE_BYTES
    tr_model_reset(tr_arena());
#endif
    tr_model_invoke(tr_arena(), 0);
}

/* 0 once something wrote to a guard of the arena. */
int32_t tr_page_whole(void)
{
    return tr_arena_whole() ? 1 : 0;
}
