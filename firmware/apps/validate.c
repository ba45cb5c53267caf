/* The app `validate`: answers the framed protocol on the console. */
#include "tr_arena.h"
#include "tr_port.h"
#include "tr_server.h"

int main(void)
{
    tr_port_start();
    tr_arena_start();
    tr_serve();
    tr_port_exit(0);
}
