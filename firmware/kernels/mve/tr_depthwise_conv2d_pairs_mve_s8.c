/* Depthwise convolution for Cortex-M with MVE, of small windows: eight outputs of a channel at a
 * time.
 *
 * Rows of eight channels are turned into planes (tr_mve_planes.h), in which a pixel's window lies
 * in one piece, and two of neighbouring rows or columns in one vector: each of them takes one
 * VMLADAV (tr_mve_pairs.h).
 *
 * Cost for 3x3 with stride 1: 4.4 instructions an output (4.9 where not rectified), and 1 to 2 for
 * the planes, which serve four output rows. */
#include "tinyrob/tr_depthwise_conv2d_pairs_mve_s8.h"

#include "tr_mve_pairs.h"
#include "tr_mve_planes.h"

/* Output rows of up to eight channels: the next ones. */
typedef struct tr_mve_lines {
    const int32_t *stream;
    const int8_t *planes; /* the first window of the first channel */
    int32_t step;         /* from window to window */
    int32_t channels;     /* from output to output */
    int8_t *out;
} tr_mve_lines;

/* The columns of output rows, for tr_mve_pairs_run(): whole groups of units and what is left, or
 * groups that overlap, all of them equally. */
typedef struct tr_mve_split {
    int32_t groups[2], from[2], last[2];
    int32_t apart[2]; /* columns between groups */
} tr_mve_split;

static void split(const tr_depthwise_conv2d_mve *conv, tr_mve_split *parts)
{
    const int32_t out_w = conv->window.out_w;
    const int32_t wide = conv->pairs == TR_MVE_PAIRS_OF_ROWS ? 1 : 2;
    const int32_t whole = out_w / (4 * wide);
    const int32_t rest = (out_w - 4 * wide * whole + wide - 1) / wide;
    parts->groups[0] = whole;
    parts->groups[1] = rest > 0;
    parts->from[0] = 0;
    parts->from[1] = out_w - wide * rest;
    parts->last[0] = 4;
    parts->last[1] = rest;
    parts->apart[0] = parts->apart[1] = 4 * wide;
    if (rest > 0 && whole > 0 && (out_w - 4 * wide) % whole == 0) {
        parts->groups[0] = whole + 1;
        parts->groups[1] = 0;
        parts->apart[0] = (out_w - 4 * wide) / whole;
    }
}

/* What all pairs of a layer have in common. */
static void prepare(const tr_depthwise_conv2d_mve *conv, const tr_mve_lines *line, int32_t out_row,
                    tr_mve_pairs *some)
{
    const int32_t by_rows = conv->pairs == TR_MVE_PAIRS_OF_ROWS;
    const int32_t apart = by_rows ? conv->window.stride_h : line->step;
    const int32_t second = by_rows ? out_row : line->channels;
    const int32_t unit = by_rows ? line->channels : 2 * line->channels;
    some->zero_point = conv->zero_point;
    some->step = by_rows ? line->step : 2 * line->step;
    some->lo = conv->lo;
    some->hi = conv->hi;
    some->rectified = conv->rectified;
    some->second = some->buffer + 16 - apart;
    for (uint32_t i = 0; i < 4; i++) {
        const int32_t lane = 2 * (int32_t)tr_mve_pairs_lane(i);
        some->places[lane] = (uint16_t)((int32_t)i * unit);
        some->places[lane + 1] = (uint16_t)((int32_t)i * unit + second);
    }
    for (int32_t i = 0; i < 16; i++) {
        some->buffer[i] = 0;
    }
}

/* `rows` (up to 4) output rows of n channels. */
static void pairs(const tr_mve_split *parts, const tr_mve_lines *line, int32_t n, int32_t rows,
                  int32_t in_row, int32_t out_row, tr_mve_pairs *some)
{
    /* The second pair of three rows begins with the first one's last. */
    const int32_t rows_on = rows == 3 ? 1 : 2;
    some->pairs = (rows + 1) / 2;
    for (int32_t i = 0; i < 2; i++) {
        const int32_t groups = parts->groups[i];
        if (groups > 0) {
            const int32_t ahead = parts->apart[i] * line->step;
            some->groups = groups;
            some->advance = parts->apart[i] * line->channels;
            some->last_step = ahead - 3 * some->step;
            some->mask = tr_mve_pairs_mask(parts->last[i]);
            some->planes = line->planes + parts->from[i] * line->step;
            some->out = line->out + parts->from[i] * line->channels;
            some->stream = line->stream;
            some->channels = n;
            some->next_planes = rows_on * in_row - groups * ahead;
            some->next_out = rows_on * out_row - groups * some->advance;
            tr_mve_pairs_run(some);
        }
    }
}

void tr_depthwise_conv2d_pairs_mve_s8(const tr_depthwise_conv2d_mve *conv, const int8_t *in,
                                      int8_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t channels = conv->in_c * conv->depth;
    const int32_t out_row = conv->across ? channels : w->out_w * channels;
    tr_mve_pairs some;
    tr_mve_split parts;
    tr_mve_planes eight;
    tr_mve_lines lines;
    lines.step = w->stride_w * conv->lines;
    lines.channels = conv->across ? w->out_h * channels : channels;
    lines.planes = scratch;
    prepare(conv, &lines, out_row, &some);
    split(conv, &parts);
    /* Pairs of rows: one that is left over is made with the one before it. */
    const int32_t fewest = conv->pairs == TR_MVE_PAIRS_OF_ROWS ? 2 : 1;
    for (int32_t i = 0; i < conv->batches; i++) {
        lines.stream = conv->stream;
        for (int32_t first = 0; first < channels; first += 8) {
            const int32_t n = channels - first < 8 ? channels - first : 8;
            tr_mve_planes_of(conv, first, n, &eight);
            some.pitch = eight.pitch;
            for (int32_t next = 0; next < w->out_h; next += conv->rows) {
                const int32_t y = w->out_h - next < fewest ? w->out_h - fewest : next;
                const int32_t rows = w->out_h - y < conv->rows ? w->out_h - y : conv->rows;
                lines.out = out + y * out_row + first;
                tr_mve_planes_fill(conv, &eight, y, in, scratch);
                pairs(&parts, &lines, n, rows, w->stride_h, out_row, &some);
            }
            lines.stream += 8 * TR_MVE_PAIRS_WORDS;
        }
        in += w->in_h * w->in_w * conv->in_c;
        out += w->out_h * w->out_w * channels;
    }
}
