/* The app `look`: frames come in on the console, what was seen goes out, a line each. A frame is "TRF", its
 * format's number, width and height (uint16, little-endian), then its rows. What the lines say is in
 * docs/reference/pictures.md. */
#include <stdbool.h>

#include "tr_arena.h"
#include "tr_look.h"
#include "tr_model.h"
#include "tr_port.h"
#include "tr_say.h"
#include "tr_whole.h"
#include "tinyrob/tr_crc32.h"

#define MOST_BYTES 4096U /* of a row: all that a frame takes of memory */
#define FORMATS (sizeof tr_look_formats / sizeof tr_look_formats[0])

static uint8_t row[MOST_BYTES];
static tr_look_picture picture;

/* So many bytes of the console; false at its end. */
static bool hear(uint8_t *to, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        const int32_t byte = tr_port_read();
        if (byte < 0) {
            return false;
        }
        to[i] = (uint8_t)byte;
    }
    return true;
}

/* Up to a frame's first mark; false at the console's end. What comes before it is skipped. */
static bool find_frame(void)
{
    static const uint8_t mark[3] = {'T', 'R', 'F'};
    uint32_t found = 0;
    while (found < sizeof mark) {
        const int32_t byte = tr_port_read();
        if (byte < 0) {
            return false;
        }
        found = byte == mark[found] ? found + 1U : (byte == mark[0] ? 1U : 0U);
    }
    return true;
}

static void tell(void)
{
    const int8_t *const output = tr_model_output(tr_arena());
    int32_t best = 0;
    for (int32_t i = 1; i < TR_LOOK_CLASSES; i++) {
        best = output[i] > output[best] ? i : best;
    }
    tr_say("seen ");
    tr_say_number((uint32_t)best, 1U);
    tr_say(output[best] < 0 ? " -" : " ");
    tr_say_number((uint32_t)(output[best] < 0 ? -output[best] : output[best]), 1U);
    tr_say_crc(" logits ", tr_crc32(0, (const uint8_t *)output, TR_LOOK_CLASSES));
    tr_say(" ");
    tr_say(tr_look_names[best]);
    tr_say("\n");
    tr_port_flush();
}

/* The rest of a frame; false at the console's end. */
static bool look(void)
{
    uint8_t head[5];
    if (!hear(head, sizeof head)) {
        return false;
    }
    const uint32_t format = head[0], width = head[1] | (uint32_t)head[2] << 8;
    const uint32_t height = head[3] | (uint32_t)head[4] << 8;
    if (format >= FORMATS || width == 0U || height == 0U || height > 4096U ||
        width > MOST_BYTES / tr_look_formats[format].bytes) {
        tr_say("refused: unknown format, or a row of more than 4096 bytes\n");
        tr_port_flush();
        return true;
    }
    const uint32_t bytes = width * tr_look_formats[format].bytes;
    int8_t *const input = tr_model_input(tr_arena());
    bool complete = false;
    tr_look_begin(&picture, width, height);
    for (uint32_t y = 0; y < height; y++) {
        if (!hear(row, bytes)) {
            return false;
        }
        if (!complete) {
            complete = tr_look_formats[format].row(&picture, row, input);
        }
    }
    tr_say_crc("picture ", tr_crc32(0, (const uint8_t *)input, TR_MODEL_INPUT_BYTES));
    tr_say("\n");
    tr_watch_whole();
    tr_model_invoke(tr_arena(), 0);
    tell();
    return true;
}

int main(void)
{
    tr_port_start();
    tr_arena_start();
    tr_boot_whole();
    tr_say("looking model ");
    tr_say_hex(tr_model_digest, 16U);
    tr_say("\n");
    tr_port_flush();
    while (find_frame() && look()) {
    }
    tr_port_exit(0);
}
