/* Plays a part's registers: prints every write, and sets the bits that hardware would set. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tr_mmio.h"
#include "tr_port.h"
#include "tr_semihost.h"
#include "tr_board.h"
#if defined TR_BOARD_MICROPHONE_RATE || defined TR_RECORD_MICROPHONE
#define TR_RECORD_MICROPHONE_START 1
#include "tr_microphone.h"
#endif
#ifdef TR_RECORD_CAMERA
#include "tr_camera.h"
#endif

#define MOST 256
#define BLINKS 40

typedef struct tr_register {
    uint32_t address, value, ready;
} tr_register;

static tr_register registers[MOST];
static int count;
static int writes_left = -1;

static tr_register *find(uint32_t address)
{
    for (int i = 0; i < count; i++) {
        if (registers[i].address == address) {
            return &registers[i];
        }
    }
    if (count == MOST) {
        exit(2);
    }
    registers[count].address = address;
    return &registers[count++];
}

uint32_t tr_mmio_read(uint32_t address)
{
    static long reads;
    if (++reads > 100000) {
        fprintf(stderr, "waits for ever at %08" PRIx32 "\n", address);
        exit(3);
    }
    const tr_register *found = find(address);
    return found->value | found->ready;
}

void tr_mmio_write(uint32_t address, uint32_t value)
{
    tr_register *found = find(address);
    found->value = value & ~found->ready;
    printf("%08" PRIx32 " %08" PRIx32 "\n", address, found->value);
    if (--writes_left == 0) {
        exit(0);
    }
}

/* A board has no debugger that takes the code. */
void tr_semihost_exit(int32_t code)
{
    (void)code;
}

/* Arguments: address, value after reset, bits that hardware sets; in hexadecimal, three at a time.
 * "failing" before them: a program that ends with an error; "slow": what the slow counter shows, and
 * its period; "microphone", "camera": what starting the board's writes, of a camera a frame as well. */
int main(int arguments, char **argument)
{
    const int failing = arguments > 1 && strcmp(argument[1], "failing") == 0;
    const int slow = arguments > 1 && strcmp(argument[1], "slow") == 0;
    const int microphone = arguments > 1 && strcmp(argument[1], "microphone") == 0;
    const int camera = arguments > 1 && strcmp(argument[1], "camera") == 0;
    for (int i = 1 + failing + slow + microphone + camera; i + 2 < arguments; i += 3) {
        tr_register *made = find((uint32_t)strtoul(argument[i], NULL, 16));
        made->value = (uint32_t)strtoul(argument[i + 1], NULL, 16);
        made->ready = (uint32_t)strtoul(argument[i + 2], NULL, 16);
    }
    if (failing) {
        writes_left = BLINKS;
        tr_port_exit(70);
    }
    if (slow) {
        printf("%08" PRIx32 " %08" PRIx32 "\n", tr_port_slow_count(), tr_port_slow_period());
        return 0;
    }
#ifdef TR_RECORD_MICROPHONE_START
    if (microphone) {
        return tr_microphone_start() ? 0 : 4;
    }
#endif
#ifdef TR_RECORD_CAMERA
    if (camera) {
        tr_camera_frame frame;
        const int started = tr_camera_start(&frame);
        tr_camera_begin();
        return started ? 0 : 4;
    }
#endif
    tr_port_start();
    tr_port_led(false);
    return 0;
}
