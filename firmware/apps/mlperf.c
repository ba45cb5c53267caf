/* The app `mlperf`: answers the EEMBC EnergyRunner and the MLPerf Tiny runner on the console, in
 * performance mode (commands end with '%', answers with "m-ready"; the calls behind them are the
 * benchmark's th_ functions).
 *
 * An inference overwrites its input, so each one starts with a copy of what was loaded: that copy
 * is inside the time that is measured. Where the counter counts an emulator's instructions, one
 * instruction takes a nanosecond: the lap times are then no part's. */
#include <stdbool.h>

#include "tr_arena.h"
#include "tr_board.h"
#include "tr_count.h"
#include "tr_mlperf.h"
#include "tr_model.h"
#include "tr_port.h"
#include "tr_proto.h"
#include "tr_stack.h"

#define COMMAND_BYTES 80U
#define PRINTED_A_LINE 8U
#define TICKS_A_US                                                                                 \
    ((uint32_t)(TR_BOARD_COUNTER == TR_COUNTER_INSTRUCTIONS ? 1000UL                               \
                                                            : TR_BOARD_CLOCK_HZ / 1000000UL))

static uint8_t loaded[TR_MODEL_INPUT_BYTES];
static uint32_t expected; /* bytes, since the last `db load` */
static uint32_t position;
static uint32_t microseconds; /* since the start, modulo 2^32: 71 minutes */
static uint32_t rest_ticks;   /* of the next one */
static uint32_t last_count;
static uint32_t last_slow;

/* ---- text ---- */

static void print(const char *text)
{
    uint32_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    tr_port_write((const uint8_t *)text, length);
}

static void print_number(uint32_t value)
{
    char digits[11];
    char *at = digits + sizeof digits - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + (char)(value % 10U));
        value /= 10U;
    } while (value > 0U);
    print(at);
}

static void print_hex(uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    const char text[3] = {digits[byte >> 4], digits[byte & 15U], '\0'};
    print(text);
}

static void print_counted(const char *before, uint32_t value, const char *after)
{
    print(before);
    print_number(value);
    print(after);
}

static bool same(const char *one, const char *other)
{
    while (*one != '\0' && *one == *other) {
        one++;
        other++;
    }
    return *one == *other;
}

/* The word at *rest, cut off there; NULL where there is none. */
static char *next_word(char **rest)
{
    char *word = *rest;
    while (*word == ' ') {
        word++;
    }
    if (*word == '\0') {
        return 0;
    }
    char *end = word;
    while (*end != '\0' && *end != ' ') {
        end++;
    }
    if (*end == ' ') {
        *end++ = '\0';
    }
    *rest = end;
    return word;
}

/* A decimal number up to 10^9; -1 where the word is none. */
static int32_t number(const char *word)
{
    int32_t value = 0;
    for (; *word != '\0'; word++) {
        if (*word < '0' || *word > '9' || value >= 100000000) {
            return -1;
        }
        value = 10 * value + (*word - '0');
    }
    return value;
}

static int32_t hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* ---- the benchmark's calls ---- */

static void advance(void)
{
    const uint32_t now = tr_port_count();
    const uint32_t slow = tr_port_slow_count();
    uint64_t passed = tr_count_whole(now - last_count, slow - last_slow) + rest_ticks;
    rest_ticks = tr_count_divide(&passed, TICKS_A_US);
    microseconds += (uint32_t)(passed & 0xFFFFFFFFU);
    last_count = now;
    last_slow = slow;
}

static void timestamp(void)
{
    advance();
    print_counted("m-lap-us-", microseconds, "\r\n");
}

static void infer_once(void)
{
    int8_t *input = tr_model_input(tr_arena());
    for (uint32_t i = 0; i < TR_MODEL_INPUT_BYTES; i++) {
        input[i] = (int8_t)(loaded[i] ^ TR_MLPERF_INPUT_FLIP);
    }
    tr_model_invoke(tr_arena(), 0);
    advance();
}

static void results(void)
{
    if (!tr_arena_whole() || !tr_stack_whole()) {
        print("e-[Memory was overwritten: no result can be trusted]\r\n");
        return;
    }
    const int8_t *output = tr_model_output(tr_arena());
    print("m-results-[");
    for (uint32_t i = 0; i < TR_MODEL_OUTPUT_BYTES; i++) {
        const int64_t scaled = (int64_t)(output[i] - TR_MLPERF_OUTPUT_ZERO) *
                               TR_MLPERF_OUTPUT_MILLI;
        const uint64_t magnitude = (uint64_t)(scaled < 0 ? -scaled : scaled);
        const uint32_t milli = (uint32_t)((magnitude + (1UL << 19)) >> 20);
        print(i > 0U ? "," : "");
        print(scaled < 0 && milli > 0U ? "-" : "");
        print_number(milli / 1000U);
        print(".");
        print_number(milli / 100U % 10U);
        print_number(milli / 10U % 10U);
        print_number(milli % 10U);
    }
    print("]\r\n");
}

static void infer(char *rest)
{
    const char *word = next_word(&rest);
    const int32_t count = word ? number(word) : 1;
    word = word ? next_word(&rest) : 0;
    const int32_t warmups = word ? number(word) : 10;
    if (count <= 0) {
        print("e-[Inference iterations must be >0]\r\n");
        return;
    }
    if (warmups < 0) {
        print("e-[Inference warmup must be >=0]\r\n");
        return;
    }
    print_counted("m-warmup-start-", (uint32_t)warmups, "\r\n");
    for (int32_t i = 0; i < warmups; i++) {
        infer_once();
    }
    print("m-warmup-done\r\n");
    print_counted("m-infer-start-", (uint32_t)count, "\r\n");
    tr_port_flush(); /* the line's time is not the inferences' */
    timestamp();
    tr_port_flush();
    for (int32_t i = 0; i < count; i++) {
        infer_once();
    }
    timestamp();
    print("m-infer-done\r\n");
    results();
}

/* ---- the buffer ---- */

static void load(char *rest)
{
    const char *word = next_word(&rest);
    const int32_t bytes = word ? number(word) : -1;
    expected = 0;
    position = 0;
    if (word == 0) {
        print("e-[Command 'db load' requires the # of bytes]\r\n");
    } else if (bytes != (int32_t)TR_MODEL_INPUT_BYTES) {
        print_counted("e-[The model takes ", TR_MODEL_INPUT_BYTES, " bytes]\r\n");
    } else {
        expected = TR_MODEL_INPUT_BYTES;
        print_counted("m-[Expecting ", expected, " bytes]\r\n");
    }
}

static void print_buffer(void)
{
    for (uint32_t i = 0; i < expected; i++) {
        print(i % PRINTED_A_LINE == 0U ? "m-buffer-" : "");
        print_hex(loaded[i]);
        print(i % PRINTED_A_LINE == PRINTED_A_LINE - 1U || i + 1U == expected ? "\r\n" : "-");
    }
}

static void take_bytes(const char *digits)
{
    for (; *digits != '\0'; digits += 2) {
        const int32_t high = hex_digit(digits[0]);
        const int32_t low = digits[1] == '\0' ? -1 : hex_digit(digits[1]);
        if (high < 0 || low < 0) {
            print(digits[1] == '\0' ? "e-[Insufficent number of hex digits]\r\n"
                                    : "e-[Invalid hex digit]\r\n");
            return;
        }
        if (position == expected) {
            print("e-[More bytes than 'db load' has announced]\r\n");
            return;
        }
        loaded[position++] = (uint8_t)(high << 4 | low);
        if (position == expected) {
            print("m-load-done\r\n");
        }
    }
}

static void buffer(char *rest)
{
    const char *word = next_word(&rest);
    if (word == 0) {
        print("e-[Command 'db' requires a subcommand]\r\n");
    } else if (same(word, "load")) {
        load(rest);
    } else if (same(word, "print")) {
        print_buffer();
    } else {
        take_bytes(word);
    }
}

/* ---- commands ---- */

static void profile(void)
{
    print("m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\n");
    print("m-model-[" TR_MLPERF_MODEL "]\r\n");
}

static void help(void)
{
    print("name, timestamp, profile, help\r\n"
          "db load N, db HH[HH]*, db print\r\n"
          "infer N [WARMUPS=10], results\r\n");
}

static void dispatch(char *line)
{
    char *rest = line;
    const char *word = next_word(&rest);
    if (word == 0) {
        print("e-[Unknown command: ]\r\n");
    } else if (same(word, "name")) {
        print("m-name-dut-[tinyrob]\r\n");
    } else if (same(word, "timestamp")) {
        timestamp();
    } else if (same(word, "profile")) {
        profile();
    } else if (same(word, "help")) {
        help();
    } else if (same(word, "db")) {
        buffer(rest);
    } else if (same(word, "infer")) {
        infer(rest);
    } else if (same(word, "results")) {
        results();
    } else {
        print("e-[Unknown command: ");
        print(word);
        print("]\r\n");
    }
}

int main(void)
{
    char line[COMMAND_BYTES + 1U];
    uint32_t length = 0;
    tr_port_start();
    tr_arena_start();
    last_count = tr_port_count();
    last_slow = tr_port_slow_count();
    print("m-timestamp-mode-performance\r\n");
    timestamp();
    print("m-init-done\r\nm-ready\r\n");
    tr_port_flush();
    for (;;) {
        const int32_t got = tr_port_read();
        if (got < 0) {
            return 0;
        }
        if (got != '%') {
            if (got != '\r' && got != '\n' && length < COMMAND_BYTES) {
                line[length++] = (char)got;
            }
            continue;
        }
        line[length] = '\0';
        length = 0;
        dispatch(line);
        print("m-ready\r\n");
        tr_port_flush();
    }
}
