/* A board's camera, for the app of that name. Implemented by a driver (firmware/drivers), which a build takes
 * with --driver. */
#ifndef TR_CAMERA_H
#define TR_CAMERA_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The formats, by the numbers that the app look has for them. */
#define TR_CAMERA_RGB565 0U
#define TR_CAMERA_RGB565_BE 1U
#define TR_CAMERA_RGB888 2U
#define TR_CAMERA_YUV422 3U
#define TR_CAMERA_GRAY8 4U

typedef struct tr_camera_frame {
    uint32_t format, width, height;
} tr_camera_frame;

/* Clocks, pins and the sensor itself; says what frames will be. False where it does not answer. To be
 * called again where it has stopped. */
bool tr_camera_start(tr_camera_frame *frame);

/* Begins a new frame. */
void tr_camera_begin(void);

/* The next row of it, which stays until the next call; null where none has come for a second, or the
 * frame was damaged. */
const uint8_t *tr_camera_row(void);

/* Frames that were damaged since the program began: nobody took the sensor's bytes in time. */
uint32_t tr_camera_lost(void);

#ifdef __cplusplus
}
#endif

#endif
