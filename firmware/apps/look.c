/* The apps `look` and `camera`: frames come in, what was seen goes out, a line each. Frames are the board's
 * own camera's, or the console's: "TRF", the format's number, width and height (uint16, little-endian), then
 * its rows, each behind an 'R' and the next when it is asked for: no UART of a polled console holds what
 * comes while a row is scaled. What the lines say is in docs/reference/pictures.md. */
#include <stdbool.h>

#include "tr_arena.h"
#include "tr_look.h"
#include "tr_model.h"
#include "tr_port.h"
#include "tr_say.h"
#include "tr_whole.h"
#include "tinyrob/tr_crc32.h"
#if TR_LOOK_CAMERA
#include "tr_camera.h"
#endif

#define FORMATS (sizeof tr_look_formats / sizeof tr_look_formats[0])

static tr_look_picture picture;

static void greet(void)
{
    tr_say("looking model ");
    tr_say_hex(tr_model_digest, 16U);
    tr_say("\n");
    tr_port_flush();
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

static void see(const int8_t *input)
{
    tr_say_crc("picture ", tr_crc32(0, (const uint8_t *)input, TR_MODEL_INPUT_BYTES));
    tr_say("\n");
    tr_watch_whole();
    tr_model_invoke(tr_arena(), 0);
    tell();
}

#if TR_LOOK_CAMERA
#define GREETS                                                                                     \
    16U /* frames between two greetings: nobody can ask a program that reads no console */

/* A frame of the camera; false where it was damaged, or has stopped. */
static bool look(const tr_camera_frame *one)
{
    int8_t *const input = tr_model_input(tr_arena());
    tr_look_begin(&picture, one->width, one->height);
    tr_camera_begin();
    for (;;) {
        const uint8_t *const row = tr_camera_row();
        if (row == 0) {
            return false;
        }
        if (tr_look_formats[one->format].row(&picture, row, input)) {
            see(input);
            return true;
        }
    }
}

static void start_camera(tr_camera_frame *one)
{
    if (!tr_camera_start(one) || one->format >= FORMATS) {
        tr_say("no camera\n");
        tr_port_flush();
        tr_port_exit(1);
    }
}

static void watch(void)
{
    tr_camera_frame one;
    uint32_t lost = 0;
    start_camera(&one);
    for (uint32_t frames = 1;; frames++) {
        if (!look(&one)) {
            if (tr_camera_lost() == lost) {
                tr_say("stopped\n");
                start_camera(&one);
            } else {
                lost = tr_camera_lost();
                tr_say("lost ");
                tr_say_number(lost, 1U);
                tr_say("\n");
            }
            tr_port_flush();
        }
        if (frames % GREETS == 0U) {
            greet();
        }
    }
}
#else
#define MOST_BYTES 4096U /* of a row: all that a frame takes of memory */

static uint8_t row[MOST_BYTES];

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

/* The next byte that is one of two, or below 0 at the console's end; 'H' asks who this is, and what else
 * comes is skipped. */
static int32_t find(int32_t wanted, int32_t other)
{
    int32_t byte;
    do {
        byte = tr_port_read();
        if (byte == 'H') {
            greet();
        }
    } while (byte >= 0 && byte != wanted && byte != other && byte != 'H');
    return byte;
}

typedef struct frame {
    uint32_t format, width, height;
} frame;

/* Behind a frame's first mark: whether the rest of its head follows, of a frame that can be taken. */
static bool begins(frame *made)
{
    uint8_t head[7];
    if (!hear(head, sizeof head) || head[0] != 'R' || head[1] != 'F') {
        return false;
    }
    made->format = head[2];
    made->width = head[3] | (uint32_t)head[4] << 8;
    made->height = head[5] | (uint32_t)head[6] << 8;
    if (made->format >= FORMATS || made->width == 0U || made->height == 0U ||
        made->height > MOST_BYTES ||
        made->width > MOST_BYTES / tr_look_formats[made->format].bytes) {
        tr_say("refused: unknown format, or a row of more than 4096 bytes\n");
        tr_port_flush();
        return false;
    }
    tr_look_begin(&picture, made->width, made->height);
    return true;
}

/* The rows of a frame, up to those that the picture is made of; what comes instead of one. */
static int32_t look(const frame *one)
{
    const uint32_t bytes = one->width * tr_look_formats[one->format].bytes;
    int8_t *const input = tr_model_input(tr_arena());
    for (;;) {
        const int32_t byte = find('R', 'T');
        if (byte != 'R') {
            return byte;
        }
        if (!hear(row, bytes)) {
            return -1;
        }
        if (tr_look_formats[one->format].row(&picture, row, input)) {
            see(input);
            return 'N';
        }
        tr_say("next\n");
        tr_port_flush();
    }
}

static void watch(void)
{
    int32_t byte = 'N';
    while (byte >= 0) {
        frame one;
        if (byte == 'T' && begins(&one)) {
            byte = look(&one);
        } else {
            byte = find('T', 'T');
        }
    }
}
#endif

int main(void)
{
    tr_port_start();
    tr_arena_start();
    tr_boot_whole();
    greet();
    watch();
    tr_port_exit(0);
}
