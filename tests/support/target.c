/* Start-up and main of a test program; the networks stand in front of it. */

/* Networks of int16 have pointers of theirs: bytes are what is compared. */
typedef void any(void);
typedef int8_t *in(void *arena);
typedef const int8_t *out(const void *arena);

typedef struct model {
    uint32_t arena, input, output, count;
    const int8_t *x, *y;
    in *in;
    out *out;
    int32_t (*invoke)(void *arena, const tr_observer *observer);
    void (*start)(void *arena); /* of networks with a state: their inputs are a sequence */
} model;

static const model models[] = {
    /* models */
};

extern void stack_top(void); /* an address; declared as what the vector table is made of */
void reset(void);
void fault(void);
int main(void);

static uint8_t arena[65536] __attribute__((aligned(16)));

static void semihost(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void quit(uint32_t status)
{
    const uint32_t block[2] = {0x20026, status};
    semihost(0x20, block);
    for (;;) {
    }
}

static void differs(uint32_t index)
{
    char text[] = "differs 00000\n";
    for (char *digit = text + 12; index > 0; index /= 10, digit--) {
        *digit = (char)('0' + index % 10);
    }
    semihost(4, text);
}

int main(void)
{
    for (uint32_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        const model *m = &models[i];
        uint32_t wrong = m->arena > sizeof arena;
        for (uint32_t n = 0; n < m->count && !wrong; n++) {
            for (uint32_t j = 0; j < sizeof arena && (n == 0 || !m->start); j++) {
                arena[j] = 0x55; /* also behind the network's own arena: it must stay so */
            }
            if (n == 0 && m->start) {
                m->start(arena);
            }
            for (uint32_t j = 0; j < m->input; j++) {
                m->in(arena)[j] = m->x[n * m->input + j];
            }
            m->invoke(arena, 0);
            for (uint32_t j = 0; j < m->output; j++) {
                wrong |= m->out(arena)[j] != m->y[n * m->output + j];
            }
            for (uint32_t j = m->arena; j < sizeof arena; j++) {
                wrong |= arena[j] != 0x55;
            }
        }
        if (wrong) {
            differs(i);
        }
    }
    semihost(4, "done\n");
    quit(0);
    return 0;
}

void reset(void)
{
    main();
}

void fault(void)
{
    semihost(4, "fault\n");
    quit(1);
}

__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {
    stack_top, reset, fault, fault, fault, fault, fault,
};
