"""UARTs as the firmware's ports use them: always ready to send, ready to receive when fed.

Each is where its registers are; what the host has sent waits in ``received``, without a limit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tinyrob.boards.board import Board

STATUS, RECEIVE, SEND = "status", "receive", "send"


@dataclass(frozen=True)
class Layout:
    """Offsets of a kind of UART's registers; ``idle`` is what the status reads, ``waiting`` the
    bits that a received byte changes in it."""

    status: int
    receive: int
    send: int
    idle: int
    waiting: int


_USART_V1 = Layout(0x00, 0x04, 0x04, 0xC0, 0x20)  # RM0090: SR (TXE, TC; RXNE), DR
_USART_V2 = Layout(0x1C, 0x24, 0x28, 0xC0, 0x20)  # RM0432: ISR, RDR, TDR; LPUARTs as well
_CMSDK = Layout(0x04, 0x00, 0x00, 0x00, 0x02)  # DDI 0479: STATE (RX full), DATA
_PL011 = Layout(0x18, 0x00, 0x00, 0x10, 0x10)  # RP2040 datasheet: FR (RXFE, cleared when fed), DR
_NS16550 = Layout(0x05, 0x00, 0x00, 0x60, 0x01)  # NS16550A: LSR (THRE, TEMT; DR), RBR and THR
_NRF = Layout(0x108, 0x518, 0x51C, 0x00, 0x01)  # nRF52840 PS: RXDRDY, RXD, TXD
_UARTE = Layout(0x110, 0x000, 0x008, 0x00, 0x01)  # nRF5340 PS: ENDRX, STARTRX, STARTTX
_RXD_PTR, _ENDTX, _TXD_PTR, _TXD_MAXCNT = 0x534, 0x120, 0x544, 0x548

_BY_REGISTERS = {"usart_v1": _USART_V1, "usart_v2": _USART_V2, "lpuart": _USART_V2}
_BY_PORT = {"mps": _CMSDK, "rp2040": _PL011, "riscv_virt": _NS16550, "nrf52": _NRF}
_BY_PORT |= {"rp2350": _PL011, "nrf53": _UARTE}


@dataclass
class Console:
    """The board's UART. ``idle`` is called when the firmware looks for a byte again and again
    and there is none."""

    layout: Layout
    base: int
    idle: Callable[[], None]
    received: deque[int] = field(default_factory=deque)
    sent: bytearray = field(default_factory=bytearray)
    looked: int = 0

    def read(self, address: int) -> int | None:
        """What a register reads; None where it is none of the console's."""
        offset = address - self.base
        if offset == self.layout.status:
            return self._status()
        if offset == self.layout.receive:
            return self.received.popleft() if self.received else 0
        return None

    def write(self, address: int, value: int) -> bool:
        """Whether the register was the console's."""
        if address - self.base != self.layout.send:
            return False
        self.sent.append(value & 0xFF)
        self.looked = 0
        return True

    def _status(self) -> int:
        if self.received:
            self.looked = 0
            return self.layout.idle ^ self.layout.waiting
        # Once before each byte that is sent is no waiting for one that comes.
        self.looked += 1
        if self.looked > 1:
            self.idle()
        return self.layout.idle


@dataclass
class Uarte(Console):
    """A UART that moves bytes between its line and memory, which ``load`` reads and ``store``
    writes: one byte at a time is received, and a buffer sent."""

    load: Callable[[int, int], bytes] = lambda address, count: bytes(count)
    store: Callable[[int, bytes], None] = lambda address, content: None
    registers: dict[int, int] = field(default_factory=dict)
    armed: bool = False

    def read(self, address: int) -> int | None:
        """As a console's; a byte that is there is stored once its end is seen."""
        offset = address - self.base
        if offset == _ENDTX:
            return 1
        if offset != self.layout.status:
            return None
        found = self._status() if self.armed else self.layout.idle
        if found != self.layout.idle:
            self.store(self.registers.get(_RXD_PTR, 0), bytes([self.received.popleft()]))
            self.armed = False
        return found

    def write(self, address: int, value: int) -> bool:
        """As a console's: what points to memory is kept until a transfer starts."""
        offset = address - self.base
        if offset == self.layout.receive:
            self.armed = True
        elif offset == self.layout.send:
            where, count = (self.registers.get(at, 0) for at in (_TXD_PTR, _TXD_MAXCNT))
            self.sent += self.load(where, count)
            self.looked = 0
        elif offset in (_RXD_PTR, _TXD_PTR, _TXD_MAXCNT):
            self.registers[offset] = value
        else:
            return False
        return True


def console_of(
    board: Board,
    idle: Callable[[], None],
    load: Callable[[int, int], bytes],
    store: Callable[[int, bytes], None],
) -> Console:
    """The console that the board file describes; ``load`` and ``store`` are its memory's."""
    registers = board.console.registers
    if board.port == "nrf53":
        return Uarte(_UARTE, board.console.base, idle, load=load, store=store)
    layout = _BY_PORT[board.port] if registers is None else _BY_REGISTERS[registers]
    return Console(layout, board.console.base, idle)
