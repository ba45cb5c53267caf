"""A board in this process: its core by Unicorn, its memory, console, counters and CRC unit.

Only what the firmware's ports touch is there. A register that is none of these keeps what was
written, with the bits that the board file says hardware sets (``ready``). Instructions are
counted by block: Unicorn 2.1 loses loads when it is asked to watch every access, so memory is never
watched; that a counter is read in the middle of a block is told from the instructions of the few
functions that read one.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tinyrob.boards.board import Board
from tinyrob.errors import RunnerError, ToolMissing
from tinyrob.files.installed import install_command
from tinyrob.project.image import Image
from tinyrob.run.emulator.consoles import console_of
from tinyrob.run.emulator.cores import core_of
from tinyrob.run.emulator.counters import counters_of
from tinyrob.run.emulator.crc_unit import crc_of

_PAGE = 0x1000
_EVERYWHERE = 0xFFFF_FFFF
_REGISTERS = {
    "cortex_m": (
        (0x4000_0000, 0x2000_0000),
        (0xD000_0000, 0x1000_0000),
        (0xE000_0000, 0x10_0000),
    ),
    "riscv32": ((0x1000_0000, 0x1000),),
}
"""Where peripherals are: the architecture's own ranges."""
_IDENTITY = {"nrf52": (0x1000_0000, 0x2000), "nrf53": (0x00FF_0000, 0x9000)}  # FICR and UICR
_COUNTING = ("tr_port_count", "tr_port_count_empty", "tr_port_slow_count", "tr_clock_slow_count")
_EXIT = "tr_port_exit"
_BREAKPOINT = 7
_SYS_WRITE0 = 0x04
_INSTRET = {0xB02: 0, 0xB82: 32, 0xC02: 0, 0xC82: 32}


class Machine:
    """Firmware on a board, stopped until ``run`` is called.

    ``executed`` counts instructions while ``counting``. Raises BoardError where Unicorn has no
    such core, ToolMissing where it is not installed.
    """

    def __init__(self, board: Board, image: Image) -> None:
        self._core, self._image, self._board = core_of(board), image, board
        self._unicorn = unicorn()
        self._uc = self._core.open(self._unicorn)
        self._waits = False
        self.console = console_of(board, self._idle, self._uc_load, self._uc_store)
        self._counters = counters_of(board)
        self._ready = {one.register: one.bits for one in board.ready}
        self._kept: dict[int, int] = {}
        self._crc = crc_of(board, lambda register: self._kept.get(register, 0))
        self.executed = 0
        self.exit_code: int | None = None
        self.said = bytearray()
        self._hooks: list[Any] = []
        self._block, self._before, self._at = (0, 0), 0, 0
        self._sizes: dict[tuple[int, int], int] = {}
        self._unmapped: tuple[int, int] | None = None
        self._failure: BaseException | None = None
        self._map(board)
        self._load(image)

    def _map(self, board: Board) -> None:
        uc, taken = self._uc, []
        for region in board.memory:  # those left empty too: an arena that needs one lies there
            taken.append((region.start, -(-region.bytes // _PAGE) * _PAGE))
            uc.mem_map(*taken[-1])
        ranges = [
            *_REGISTERS[board.arch],
            *([_IDENTITY[board.port]] if board.port in _IDENTITY else []),
        ]
        for start, size in ranges:
            if not any(start < at + length and at < start + size for at, length in taken):
                uc.mmio_map(start, size, self._read, start, self._write, start)
        uc.hook_add(self._unicorn.UC_HOOK_MEM_UNMAPPED, self._missing)
        uc.hook_add(self._unicorn.UC_HOOK_INTR, self._interrupt)
        end = self._image.functions.get(_EXIT)
        if end is not None:
            uc.hook_add(self._unicorn.UC_HOOK_CODE, self._ended, None, end, end)

    def _uc_load(self, address: int, count: int) -> bytes:
        return bytes(self._uc.mem_read(address, count))

    def _uc_store(self, address: int, content: bytes) -> None:
        self._uc.mem_write(address, content)

    def _load(self, image: Image) -> None:
        for address, content in image.segments:
            try:
                self._uc.mem_write(address, content)
            except self._unicorn.UcError as error:
                raise RunnerError(
                    f"the firmware puts {len(content):,} bytes at 0x{address:08x}, where "
                    f"{self._board.name} has no memory ({error})",
                    "build it again for this board",
                ) from None
        if self._core.thumb:
            vectors = image.segments[0][0] if image.segments else 0
            if self._board.port == "rp2040":
                vectors += 0x100  # behind the second stage of the boot
            stack, self._pc = (
                int.from_bytes(self._uc.mem_read(vectors + at, 4), "little") for at in (0, 4)
            )
            self._uc.reg_write(self._core.register(self._core.stack), stack)
        else:
            self._pc = image.entry
            self._patch_counters()

    @property
    def counting(self) -> bool:
        """Whether instructions are counted; without, firmware runs several times as fast."""
        return bool(self._hooks)

    @counting.setter
    def counting(self, wanted: bool) -> None:
        if wanted == self.counting:
            return
        uc, unicorn = self._uc, self._unicorn
        if wanted:
            self._hooks.append(uc.hook_add(unicorn.UC_HOOK_BLOCK, self._entered))
            for name in _COUNTING:
                start = self._image.functions.get(name)
                if start is not None:
                    after = min(
                        (a for a in self._image.functions.values() if a > start), default=start + 64
                    )
                    self._hooks.append(
                        uc.hook_add(unicorn.UC_HOOK_CODE, self._stepped, None, start, after - 1)
                    )
        else:
            for hook in self._hooks:
                uc.hook_del(hook)
            self._hooks.clear()
        uc.ctl_flush_tb()  # code that was translated before knows nothing of it

    @contextmanager
    def watched(
        self,
        block: Callable[[int, int], None],
        read: Callable[[int], None] | None,
        start: int,
        end: int,
    ) -> Iterator[None]:
        """Tells ``block`` of every basic block (address, bytes) and ``read``, where there is one,
        of every data read in [start, end].

        With ``read`` Unicorn 2.1 may lose a load: what was computed is to be compared with a run
        without it.
        """
        uc, unicorn = self._uc, self._unicorn
        hooks = [uc.hook_add(unicorn.UC_HOOK_BLOCK, lambda u, at, size, _: block(at, size))]
        if read is not None:
            hooks.append(
                uc.hook_add(
                    unicorn.UC_HOOK_MEM_READ,
                    lambda u, kind, at, size, value, _: read(at),
                    None,
                    start,
                    end,
                )
            )
        uc.ctl_flush_tb()
        try:
            yield
        finally:
            for hook in hooks:
                uc.hook_del(hook)
            uc.ctl_flush_tb()

    @property
    def return_address(self) -> int:
        """Where the function that was entered just now returns to."""
        return int(self._uc.reg_read(self._core.register("LR"))) & ~1

    def run(self, seconds: float) -> None:
        """Runs until the firmware waits for a byte, has ended, or the time is over.

        Raises RunnerError where it does what the board cannot: the address and the function.
        """
        if self.exit_code is not None:
            return
        self.console.looked, self._waits = 0, False
        thumb = int(self._core.thumb)
        try:
            self._uc.emu_start(self._pc | thumb, _EVERYWHERE, timeout=max(1, int(seconds * 1e6)))
        except self._unicorn.UcError as error:
            raise self._fault(error) from None
        finally:
            self._pc = self._uc.reg_read(self._core.register("PC"))
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    @property
    def waits(self) -> bool:
        """Whether the firmware looks for a byte that has not come."""
        return self._waits

    def _idle(self) -> None:
        self._waits = True
        self._uc.emu_stop()

    def _read(self, uc: Any, offset: int, size: int, base: int) -> int:
        address = base + offset
        value = self.console.read(address)
        if value is None and address in self._counters:
            value = self._counters[address](self._now())
        if value is None:
            value = self._crc.read(address)
        if value is None:
            value = self._kept.get(address, 0) | self._ready.get(address, 0)
        return value & ((1 << 8 * size) - 1)

    def _write(self, uc: Any, offset: int, size: int, value: int, base: int) -> None:
        if not (self.console.write(base + offset, value) or self._crc.write(base + offset, value)):
            self._kept[base + offset] = value

    def _entered(self, uc: Any, address: int, size: int, _: Any) -> None:
        key = (address, size)
        count = self._sizes.get(key)
        if count is None:
            count = self._core.instructions(bytes(uc.mem_read(address, size)))
            self._sizes[key] = count
        self._block, self._before, self._at = key, self.executed, 0
        self.executed += count

    def _stepped(self, uc: Any, address: int, size: int, _: Any) -> None:
        self._at = address

    def _now(self) -> int:
        """Instructions before the one that is executed."""
        start, size = self._block
        if not start < self._at < start + size:
            return self._before
        return self._before + self._core.instructions(
            bytes(self._uc.mem_read(start, self._at - start))
        )

    def _patch_counters(self) -> None:
        """RV32: reads of minstret, which Unicorn does not keep, are answered here."""
        for address, content in self._image.segments:
            for at in range(0, len(content) - 3, 2):
                word = int.from_bytes(content[at : at + 4], "little")
                if word & 0x000F_F07F == 0x2073 and word >> 20 in _INSTRET:
                    where = address + at
                    self._uc.hook_add(
                        self._unicorn.UC_HOOK_CODE, self._read_csr, word, where, where
                    )

    def _read_csr(self, uc: Any, address: int, size: int, word: int) -> None:
        self._at = address
        target, shift = word >> 7 & 31, _INSTRET[word >> 20]
        uc.reg_write(self._core.register(f"X{target}"), self._now() >> shift & 0xFFFF_FFFF)
        uc.reg_write(self._core.register("PC"), address + 4)

    def _ended(self, uc: Any, address: int, size: int, _: Any) -> None:
        code = uc.reg_read(self._core.register(self._core.argument))
        self.exit_code = code - (1 << 32) if code >> 31 else code
        uc.emu_stop()

    def _missing(self, uc: Any, access: int, address: int, size: int, value: int, _: Any) -> bool:
        self._unmapped = (address, size)
        return False

    def _interrupt(self, uc: Any, number: int, _: Any) -> None:
        pc, argument = self._core.register("PC"), self._core.argument
        where = uc.reg_read(pc)
        operation = uc.reg_read(self._core.register(argument))
        if self._core.thumb and number == _BREAKPOINT and operation == _SYS_WRITE0:
            text = uc.reg_read(self._core.register(argument[0] + "1"))
            self._say(text)
            uc.reg_write(pc, where + 2 | 1)
            return
        if not self._core.thumb and number == 3 and operation == _SYS_WRITE0:
            self._say(uc.reg_read(self._core.register("A1")))
            uc.reg_write(pc, where + 4)
            return
        self._failure = self._error(f"took exception {number}", where)
        uc.emu_stop()

    def _say(self, text: int) -> None:
        while (byte := self._uc.mem_read(text, 1)[0]) and len(self.said) < _PAGE:
            self.said.append(byte)
            text += 1

    def _fault(self, error: Exception) -> RunnerError:
        where = self._uc.reg_read(self._core.register("PC"))
        if self._unmapped is not None:
            (address, size), self._unmapped = self._unmapped, None
            return self._error(f"accessed {size} bytes at 0x{address:08x}, where nothing is", where)
        return self._error(f"did what its core cannot ({error})", where)

    def _error(self, what: str, where: int) -> RunnerError:
        function = self._image.function_at(where)
        place = f"in {function} " if function else ""
        return RunnerError(
            f"the firmware on the emulated {self._board.name} {what}, {place}near 0x{where:08x}",
            "build again; if it persists, compare with --on qemu or a board, and report it",
        )


def unicorn() -> Any:
    """The ``unicorn`` module. Raises ToolMissing where it is not installed."""
    try:
        return importlib.import_module("unicorn")
    except ImportError as error:
        raise ToolMissing(
            f"the emulator is not installed ({error})", install_command("firmware")
        ) from None
