#include "tr_dsp_winograd_inputs.h"

#include "tr_dsp.h"

/* B' d B, rows first: those of B' d are made as soon as both rows that they need are there. */
#ifdef TR_DSP_INSTRUCTIONS

#define LANES(word) "rors " word ", " word ", r3\n sxtb16 " word ", " word "\n"
/* A row's pointers, at so many bytes from r0: a, b, c, d in r4-r7, and from there times B. */
#define ROW(at)                                                                                   \
    "ldr r4, [r0, #" at "]\n ldr r5, [r0, #" at "+4]\n"                                           \
    "ldr r6, [r0, #" at "+8]\n ldr r7, [r0, #" at "+12]\n"                                        \
    "ldr r4, [r4, r1]\n ldr r5, [r5, r1]\n ldr r6, [r6, r1]\n ldr r7, [r7, r1]\n"                 \
    LANES("r4") LANES("r5") LANES("r6") LANES("r7")                                               \
    "ssub16 r4, r4, r6\n ssub16 r7, r5, r7\n"
#define A(to) "sadd16 " to ", r4, r4\n"
#define B(to) "sadd16 " to ", r5, r6\n"
#define C(to) "ssub16 " to ", r6, r5\n"
#define D(to) "sadd16 " to ", r7, r7\n"
#define PUT(at) "str.w r12, [r2, #" at "]\n"
#define TWICE_LESS(x, y, at) "ssub16 r12, " x ", " y "\n sadd16 r12, r12, r12\n" PUT(at)
#define SUM_AND_LESS(x, y, at, other)                                                             \
    "sadd16 r12, " x ", " y "\n" PUT(at)                                                          \
    "ssub16 r12, " x ", " y "\n" PUT(other)

#else

/* Four lanes of a row. */
typedef struct four {
    int32_t a, b, c, d;
} four;

/* Bytes 0 and 2 of a word that is turned by so many bits: by 8, the odd ones. */
static int32_t lanes(const int8_t *from, uint32_t turn)
{
    const int32_t word = tr_load4(from);
    return turn != 0 ? tr_sxtb16_odd(word) : tr_sxtb16(word);
}

/* A row times B. */
static four row(const int8_t *const *at, int32_t k, uint32_t turn)
{
    const int32_t a = lanes(at[0] + k, turn), b = lanes(at[1] + k, turn);
    const int32_t c = lanes(at[2] + k, turn), d = lanes(at[3] + k, turn);
    const int32_t first = tr_ssub16(a, c), last = tr_ssub16(b, d);
    const four times = {tr_sadd16(first, first), tr_sadd16(b, c), tr_ssub16(c, b),
                        tr_sadd16(last, last)};
    return times;
}

static four sum(four x, four y)
{
    const four z = {tr_sadd16(x.a, y.a), tr_sadd16(x.b, y.b), tr_sadd16(x.c, y.c),
                    tr_sadd16(x.d, y.d)};
    return z;
}

static four less(four x, four y)
{
    const four z = {tr_ssub16(x.a, y.a), tr_ssub16(x.b, y.b), tr_ssub16(x.c, y.c),
                    tr_ssub16(x.d, y.d)};
    return z;
}

static void put(int32_t *to, four x)
{
    to[0] = x.a;
    to[4] = x.b;
    to[8] = x.c;
    to[12] = x.d;
}

#endif

void tr_dsp_winograd_inputs(const int8_t *const at[16] TR_DSP_UNUSED, int32_t in_c TR_DSP_UNUSED,
                            int32_t *to TR_DSP_UNUSED)
#ifdef TR_DSP_INSTRUCTIONS
{
    /* r0: at; r1: k; r2: to; r3: turn; r12: what is stored. Frame: in_c. The third row's are in lr,
     * r8-r10, the second one's in r11, lr, r8, r9. */
    __asm__ volatile("push {r1, r4-r11, lr}\n"
                     "movs r1, #0\n"
                     "movs r3, #0\n"
                     "1:\n"
                     ROW("0") A("r8") B("r9") C("r10") D("r11")
                     ROW("32")
                     A("lr") TWICE_LESS("r8", "lr", "0")
                     B("r8") TWICE_LESS("r9", "r8", "16")
                     C("r9") TWICE_LESS("r10", "r9", "32")
                     D("r10") TWICE_LESS("r11", "r10", "48")
                     ROW("16")
                     A("r11") SUM_AND_LESS("lr", "r11", "64", "128")
                     B("lr") SUM_AND_LESS("r8", "lr", "80", "144")
                     C("r8") SUM_AND_LESS("r9", "r8", "96", "160")
                     D("r9") SUM_AND_LESS("r10", "r9", "112", "176")
                     ROW("48")
                     A("r4") TWICE_LESS("r11", "r4", "192")
                     B("r4") TWICE_LESS("lr", "r4", "208")
                     C("r4") TWICE_LESS("r8", "r4", "224")
                     D("r4") TWICE_LESS("r9", "r4", "240")
                     "lsrs r4, r3, #1\n"
                     "add r1, r4\n"
                     "eor r3, r3, #8\n"
                     "add r2, r2, #256\n"
                     "ldr r4, [sp]\n"
                     "cmp r1, r4\n"
                     "bne.w 1b\n"
                     "pop {r1, r4-r11, pc}\n"
                     "bx lr\n"); /* never come to: it keeps the size that was measured */
}
#else
{
    uint32_t turn = 0;
    for (int32_t k = 0; k < in_c; k += (int32_t)turn / 2, turn ^= 8, to += 64) {
        const four first = row(at, k, turn), second = row(at + 4, k, turn);
        const four third = row(at + 8, k, turn), fourth = row(at + 12, k, turn);
        const four outer = less(first, third), inner = less(second, fourth);
        put(to, sum(outer, outer));
        put(to + 16, sum(second, third));
        put(to + 32, less(third, second));
        put(to + 48, sum(inner, inner));
    }
}
#endif
