/* The app `listen`: samples come in on the console (int16, little-endian), decisions go out, a line
 * each. What each line says is in docs/reference/features.md. */
#include <stdbool.h>

#include "tr_arena.h"
#include "tr_listen.h"
#include "tr_model.h"
#include "tr_model_frontend.h"
#include "tr_port.h"
#include "tr_say.h"
#include "tinyrob/tr_crc32.h"

typedef struct tr_listener {
    tr_model_frontend sound;
    tr_decide_state decide;
    uint8_t last[TR_LISTEN_WINDOW * TR_LISTEN_CLASSES];
    uint16_t sums[TR_LISTEN_CLASSES];
    uint32_t hops;     /* of samples that have come */
    uint32_t features; /* CRC-32 of all features */
    uint32_t logits;   /* CRC-32 of all outputs */
} tr_listener;

static tr_listener listener;

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

/* Until a hop is there; false at the end of the stream. */
static bool hear(int16_t *samples)
{
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

static void infer(void)
{
    uint8_t posteriors[TR_LISTEN_CLASSES];
    int8_t made[TR_LISTEN_CLASSES];
    const int8_t *output = tr_model_output(tr_arena());
    tr_model_frontend_input(&listener.sound, tr_model_input(tr_arena()));
    tr_model_invoke(tr_arena(), 0);
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

/* Features of the frames that have just been completed. */
static void note_features(uint32_t frames)
{
    static int8_t rows[TR_MODEL_FRAMES * TR_MODEL_FEATURES];
    const uint32_t fresh = frames < TR_MODEL_FRAMES ? frames : TR_MODEL_FRAMES;
    tr_model_frontend_input(&listener.sound, rows);
    listener.features = tr_crc32(
        listener.features, (const uint8_t *)rows + TR_MODEL_FEATURES * (TR_MODEL_FRAMES - fresh),
        TR_MODEL_FEATURES * fresh);
}

int main(void)
{
    static int16_t samples[TR_MODEL_HOP];
    uint32_t second = 0, due = TR_MODEL_FRAMES;
    tr_port_start();
    tr_arena_start();
    tr_model_frontend_reset(&listener.sound);
#ifdef TR_MODEL_STATE_BYTES
    tr_model_reset(tr_arena());
#endif
    tr_say("listening features ");
    tr_say_hex(tr_model_features_digest, 16U);
    tr_say(" model ");
    tr_say_hex(tr_model_digest, 16U);
    tr_say("\n");
    tr_port_flush();
    while (hear(samples)) {
        const uint32_t frames = tr_model_frontend_push(&listener.sound, samples, TR_MODEL_HOP);
        listener.hops++;
        if (frames > 0U) {
            note_features(frames);
        }
        if (listener.sound.place.frames >= due) {
            due += TR_LISTEN_STRIDE;
            infer();
        }
        second += TR_MODEL_HOP;
        if (second >= TR_MODEL_RATE) {
            second -= TR_MODEL_RATE;
            say_state("at ");
        }
    }
    say_state("end ");
    tr_port_exit(0);
}
