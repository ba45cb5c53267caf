/* The app `listen`: samples come in, decisions go out, a line each. Samples (int16, little-endian) are the
 * console's, a hop behind each 'S'; in an emulator that names a file, that file's; or a microphone's. What
 * each line says is in docs/reference/features.md. */
#include <stdbool.h>

#include "tr_arena.h"
#include "tr_listen.h"
#include "tr_model.h"
#include "tr_model_frontend.h"
#include "tr_port.h"
#include "tr_say.h"
#include "tr_whole.h"
#include "tinyrob/tr_crc32.h"
#if TR_LISTEN_MICROPHONE
#include "tr_microphone.h"
#else
#include "tr_semihost.h"
#endif

typedef struct tr_listener {
    tr_model_frontend sound;
    tr_decide_state decide;
    uint8_t last[TR_LISTEN_WINDOW * TR_LISTEN_CLASSES];
    uint16_t sums[TR_LISTEN_CLASSES];
    uint32_t hops;     /* of samples that have come */
    uint32_t second;   /* samples since the last whole second */
    uint32_t due;      /* frames with which the next inference is made */
    uint32_t staged;   /* frames that wait for a push, of a network that takes a stream */
    uint32_t lost;     /* samples that a microphone gave and nobody took */
    uint32_t features; /* CRC-32 of all features */
    uint32_t logits;   /* CRC-32 of all outputs */
} tr_listener;

static tr_listener listener;

static void greet(void)
{
    tr_say("listening features ");
    tr_say_hex(tr_model_features_digest, 16U);
    tr_say(" model ");
    tr_say_hex(tr_model_digest, 16U);
    tr_say("\n");
    tr_port_flush();
}

/* A new stream, of which nothing has been heard. */
static void begin(void)
{
    uint8_t *const bytes = (uint8_t *)&listener;
    for (uint32_t i = 0; i < sizeof listener; i++) {
        bytes[i] = 0;
    }
    listener.due = TR_MODEL_FRAMES;
    tr_model_frontend_reset(&listener.sound);
#ifdef TR_MODEL_STATE_BYTES
    tr_model_reset(tr_arena());
#endif
#if defined TR_MODEL_STEPS && TR_LISTEN_AHEAD > 0
    int8_t *const input = tr_model_input(tr_arena());
    for (uint32_t i = 0; i < TR_LISTEN_AHEAD * TR_MODEL_FEATURES; i++) {
        input[i] = TR_LISTEN_ZERO;
    }
    listener.staged = TR_LISTEN_AHEAD;
#endif
    greet();
}

/* Milliseconds of sound so far: a hop is a whole number of samples, not of milliseconds. */
static void say_time(void)
{
    const uint64_t samples = (uint64_t)listener.hops * TR_MODEL_HOP;
    uint32_t seconds = 0;
    uint64_t rest = samples;
    for (uint32_t bit = 21; bit-- > 0U;) { /* no division of 64 bits: some cores have none */
        const uint64_t some = (uint64_t)TR_MODEL_RATE << bit;
        if (rest >= some) {
            rest -= some;
            seconds += (uint32_t)1 << bit;
        }
    }
    tr_say_number(seconds, 1U);
    tr_say(".");
    tr_say_number((uint32_t)rest * 1000U / TR_MODEL_RATE, 3U);
}

static void say_state(const char *what)
{
    tr_say(what);
    say_time();
    tr_say_crc(" features ", listener.features);
    tr_say_crc(" logits ", listener.logits);
    tr_say(" sums");
    for (uint32_t i = 0; i < TR_LISTEN_CLASSES; i++) {
        tr_say(" ");
        tr_say_number(listener.sums[i], 1U);
    }
    tr_say("\n");
    tr_port_flush();
}

#if TR_LISTEN_MICROPHONE
/* Until a hop is there. A microphone that has fallen silent is said, and started anew. */
static bool hear(int16_t *samples)
{
    while (!tr_microphone_read(samples, TR_MODEL_HOP)) {
        tr_say("stopped ");
        say_time();
        tr_say("\n");
        tr_port_flush();
        (void)tr_microphone_start();
    }
    const uint32_t lost = tr_microphone_lost();
    if (lost != listener.lost) {
        listener.lost = lost;
        tr_say("lost ");
        tr_say_number(lost, 1U);
        tr_say("\n");
        tr_port_flush();
    }
    return true;
}

static void start_sound(void)
{
    if (!tr_microphone_start()) {
        tr_say("no microphone\n");
        tr_port_flush();
        tr_port_exit(1);
    }
}

/* Nobody can ask a program that reads no console: it says by itself what it is. */
static void heard_hop(void) {}

static void heard_second(void)
{
    greet();
}
#else
static int32_t file; /* of an emulator's host; below 0: the console */

static bool hear_console(int16_t *samples)
{
    int32_t command;
    do {
        command = tr_port_read();
        if (command < 0) {
            return false;
        }
        if (command == 'H') {
            begin();
        }
    } while (command != 'S');
    for (uint32_t i = 0; i < TR_MODEL_HOP; i++) {
        const int32_t low = tr_port_read();
        const int32_t high = tr_port_read();
        if (low < 0 || high < 0) {
            return false;
        }
        samples[i] = (int16_t)(uint16_t)((uint32_t)low | (uint32_t)high << 8);
    }
    return true;
}

/* Until a hop is there; false at the end of the stream. */
static bool hear(int16_t *samples)
{
    const uint32_t bytes = TR_MODEL_HOP * (uint32_t)sizeof(int16_t);
    return file < 0 ? hear_console(samples) : tr_semihost_read(file, samples, bytes) == bytes;
}

static void start_sound(void)
{
    file = tr_semihost_open("samples");
}

/* No UART of a polled console holds a hop: the next one is sent when it is asked for. */
static void heard_hop(void)
{
    if (file < 0) {
        tr_say("next\n");
        tr_port_flush();
    }
}

static void heard_second(void) {}
#endif

static void infer(void)
{
    uint8_t posteriors[TR_LISTEN_CLASSES];
    int8_t made[TR_LISTEN_CLASSES];
    const int8_t *output = tr_model_output(tr_arena());
    tr_watch_whole();
#ifndef TR_MODEL_STEPS
    tr_model_frontend_input(&listener.sound, tr_model_input(tr_arena()));
    tr_model_invoke(tr_arena(), 0);
#endif
    listener.logits = tr_crc32(listener.logits, (const uint8_t *)output, TR_LISTEN_CLASSES);
#if TR_LISTEN_LOGITS
    tr_softmax_s8(&tr_listen_softmax, output, made, 0);
    output = made;
#else
    (void)made;
#endif
    for (uint32_t i = 0; i < TR_LISTEN_CLASSES; i++) {
        posteriors[i] = (uint8_t)(output[i] + 128);
    }
    const int32_t started = tr_decide_next(&tr_listen_decide, &listener.decide, listener.last,
                                           listener.sums, posteriors);
    if (started >= 0) {
        tr_say("heard ");
        say_time();
        tr_say(" ");
        tr_say_number((uint32_t)started, 1U);
        tr_say(" ");
        tr_say_number(listener.sums[started], 1U);
        tr_say(" ");
        tr_say(tr_listen_names[started]);
        tr_say("\n");
        tr_port_flush();
    }
}

#ifdef TR_MODEL_STEPS
/* New frames, to a network that keeps what it has computed of the ones before them. */
static void follow(const int8_t *rows, uint32_t frames)
{
    for (; frames > 0U; frames--) {
        int8_t *const to = tr_model_input(tr_arena()) + TR_MODEL_FEATURES * listener.staged;
        for (uint32_t i = 0; i < TR_MODEL_FEATURES; i++) {
            to[i] = *rows++;
        }
        listener.staged++;
        if (listener.staged == TR_MODEL_STEPS) {
            listener.staged = 0;
            tr_model_invoke(tr_arena(), 0);
        }
    }
}
#endif

/* Features of the frames that have just been completed. */
static void note_features(uint32_t frames)
{
    static int8_t rows[TR_MODEL_FRAMES * TR_MODEL_FEATURES];
    const uint32_t fresh = frames < TR_MODEL_FRAMES ? frames : TR_MODEL_FRAMES;
    tr_model_frontend_input(&listener.sound, rows);
    listener.features = tr_crc32(
        listener.features, (const uint8_t *)rows + TR_MODEL_FEATURES * (TR_MODEL_FRAMES - fresh),
        TR_MODEL_FEATURES * fresh);
#ifdef TR_MODEL_STEPS
    follow(rows + TR_MODEL_FEATURES * (TR_MODEL_FRAMES - fresh), fresh);
#endif
}

/* A hop of samples, and all that follows from it. */
static void take(const int16_t *samples)
{
    const uint32_t frames = tr_model_frontend_push(&listener.sound, samples, TR_MODEL_HOP);
    listener.hops++;
    if (frames > 0U) {
        note_features(frames);
    }
    if (listener.sound.place.frames >= listener.due) {
        listener.due += TR_LISTEN_STRIDE;
        infer();
    }
    listener.second += TR_MODEL_HOP;
    if (listener.second >= TR_MODEL_RATE) {
        listener.second -= TR_MODEL_RATE;
        heard_second();
        say_state("at ");
    }
    heard_hop();
}

int main(void)
{
    static int16_t samples[TR_MODEL_HOP];
    tr_port_start();
    tr_arena_start();
    tr_boot_whole();
    start_sound();
    begin();
    while (hear(samples)) {
        take(samples);
    }
    say_state("end ");
    tr_port_exit(0);
}
