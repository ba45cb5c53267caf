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

_BY_REGISTERS = {"usart_v1": _USART_V1, "usart_v2": _USART_V2, "lpuart": _USART_V2}
_BY_PORT = {"mps": _CMSDK, "rp2040": _PL011, "riscv_virt": _NS16550, "nrf52": _NRF}


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


def console_of(board: Board, idle: Callable[[], None]) -> Console:
    """The console that the board file describes."""
    registers = board.console.registers
    layout = _BY_PORT[board.port] if registers is None else _BY_REGISTERS[registers]
    return Console(layout, board.console.base, idle)
