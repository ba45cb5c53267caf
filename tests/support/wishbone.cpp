// A Wishbone master for network_wishbone: lines of `w WORD VALUE SEL`, `r WORD` and `wait` (for the
// interrupt) on standard input; each read's value in hexadecimal on standard output. A slave that
// answers later than in 20 cycles, or where nobody asks, is an error.
#include "Vnetwork_wishbone.h"
#include "verilated.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

static Vnetwork_wishbone *bus;

double sc_time_stamp() { return 0; }

static void tick()
{
    bus->clk = 0;
    bus->eval();
    bus->clk = 1;
    bus->eval();
}

static unsigned transfer(unsigned word, bool write, unsigned value, unsigned select)
{
    bus->wb_cyc = bus->wb_stb = 1;
    bus->wb_we = write;
    bus->wb_adr = word;
    bus->wb_dat_w = value;
    bus->wb_sel = select;
    for (int cycles = 0; cycles < 20; cycles++) {
        tick();
        if (bus->wb_ack) {
            const unsigned read = bus->wb_dat_r;
            tick(); // the master sees it at this edge
            bus->wb_cyc = bus->wb_stb = bus->wb_we = 0;
            bus->eval();
            if (bus->wb_ack) {
                std::fprintf(stderr, "an answer too many\n");
                std::exit(1);
            }
            return read;
        }
    }
    std::fprintf(stderr, "no answer for word %u\n", word);
    std::exit(1);
}

int main()
{
    bus = new Vnetwork_wishbone;
    bus->rst = 1;
    for (int i = 0; i < 8; i++) {
        tick();
    }
    bus->rst = 0;
    char order[8];
    unsigned word, value, select;
    while (std::scanf("%7s", order) == 1) {
        if (order[0] == 'r' && std::scanf("%u", &word) == 1) {
            std::printf("%x\n", transfer(word, false, 0, 15));
        } else if (std::strcmp(order, "w") == 0 &&
                   std::scanf("%u %x %u", &word, &value, &select) == 3) {
            transfer(word, true, value, select);
        } else {
            for (int i = 0; i < 100000 && !bus->irq; i++) {
                tick();
            }
        }
    }
    return 0;
}
