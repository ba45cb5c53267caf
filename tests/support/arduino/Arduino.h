/* As much of Arduino's core as a sketch of ours uses: what a board package declares. */
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stdint.h>

void setup(void);
void loop(void);
void delay(unsigned long milliseconds);

class Console {
  public:
    void begin(unsigned long baud);
    void println(unsigned int value);
};

extern Console Serial;

#endif
