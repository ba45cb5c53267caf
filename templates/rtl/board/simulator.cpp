// The board without its clock and pins, simulated: bytes of standard input (or, with --pty, of a
// pseudo-terminal, whose name is printed) go bit by bit into its UART, and what it sends comes out.
#include "Vboard_core.h"
#include "verilated.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

static constexpr int kDivisor = 4; // the Makefile's
static constexpr int kQuiet = 40 * kDivisor;

static Vboard_core *core;

double sc_time_stamp() { return 0; }

static void tick()
{
    core->clk = 0;
    core->eval();
    core->clk = 1;
    core->eval();
}

// A UART's sending half. The line rests for a bit more than it must between bytes.
struct Sender {
    unsigned bits = 0;
    int left = 0;
    int count = 0;
    bool busy() const { return left > 0; }
    void send(unsigned char byte)
    {
        bits = (static_cast<unsigned>(byte) << 1) | 0x600U; // start, byte, stop, rest
        left = 11;
        count = kDivisor;
    }
    int line()
    {
        if (left == 0) {
            return 1;
        }
        const int level = static_cast<int>(bits & 1U);
        if (--count == 0) {
            count = kDivisor;
            bits >>= 1;
            left--;
        }
        return level;
    }
};

// Its receiving half: samples in the middle of each bit.
struct Receiver {
    int count = 0;
    int index = -1;
    unsigned byte = 0;
    bool busy() const { return index >= 0; }
    bool take(int level, unsigned char *out)
    {
        if (index < 0) {
            if (level == 0) {
                index = 0;
                count = kDivisor / 2;
                byte = 0;
            }
            return false;
        }
        if (--count > 0) {
            return false;
        }
        count = kDivisor;
        if (index == 9) {
            index = -1;
            *out = static_cast<unsigned char>(byte);
            return level == 1;
        }
        if (index > 0) {
            byte |= static_cast<unsigned>(level) << (index - 1);
        }
        index++;
        return false;
    }
};

static int open_pty()
{
    const int host = posix_openpt(O_RDWR | O_NOCTTY);
    if (host < 0 || grantpt(host) != 0 || unlockpt(host) != 0) {
        std::perror("pseudo-terminal");
        std::exit(1);
    }
    const char *name = ptsname(host);
    // Kept open, so that it stays when a client leaves.
    const int held = open(name, O_RDWR | O_NOCTTY);
    struct termios how;
    if (held < 0 || tcgetattr(held, &how) != 0) {
        std::perror(name);
        std::exit(1);
    }
    cfmakeraw(&how);
    tcsetattr(held, TCSANOW, &how);
    std::printf("%s\n", name);
    std::fflush(stdout);
    return host;
}

int main(int argc, char **argv)
{
    VerilatedContext context;
    context.commandArgs(argc, argv);
    core = new Vboard_core;
    const bool pty = argc > 1 && std::strcmp(argv[1], "--pty") == 0;
    const int from = pty ? open_pty() : STDIN_FILENO;
    const int to = pty ? from : STDOUT_FILENO;

    Sender sender;
    Receiver receiver;
    unsigned char queue[4096];
    ssize_t queued = 0, sent = 0;
    int quiet = 0;
    core->rx = 1;
    core->rst = 1;
    for (int i = 0; i < 32; i++) {
        tick();
    }
    core->rst = 0;
    for (;;) {
        if (!sender.busy() && sent == queued) {
            // Where nothing is under way, time stands still until a byte comes.
            const bool rest = quiet > kQuiet;
            struct pollfd wait = {from, POLLIN, 0};
            if (rest || (quiet & 63) == 0) {
                if (poll(&wait, 1, rest ? -1 : 0) > 0) {
                    queued = read(from, queue, sizeof queue);
                    sent = 0;
                    if (queued <= 0) {
                        return queued < 0 && errno != EIO;
                    }
                    quiet = 0;
                }
            }
        }
        if (!sender.busy() && sent < queued) {
            sender.send(queue[sent++]);
        }
        core->rx = static_cast<unsigned char>(sender.line() & 1);
        tick();
        unsigned char byte;
        if (receiver.take(core->tx, &byte) && write(to, &byte, 1) != 1) {
            return 1;
        }
        quiet = sender.busy() || receiver.busy() || !core->led ? 0 : quiet + 1;
    }
}
