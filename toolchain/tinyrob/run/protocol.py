"""The host's side of the framed protocol (firmware/proto/README.md), over any byte stream.

One request is under way at a time. An answer counts only if its checksum holds and it repeats the
request's type, sequence and model: one that comes late, twice, or from before a reset is dropped.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from tinyrob.errors import RunnerError
from tinyrob.run.frames import Frame, Splitter, decode, encode
from tinyrob.run.link import Link

VERSION = 3
_LAYER_COUNT = {1: "I", 2: "Q", 3: "Q"}
"""Versions that are understood: what a layer's count has in each (version 1: modulo 2^32)."""
HELLO, INFER, TRACE, TENSOR, STATS, PROFILE, RESET, CHECK, WATCH, ANSWER = (
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x80,
)  # fmt: skip
OK, DAMAGED, WRONG_MODEL = 0, 1, 4
CODES = {
    2: "it does not know this request",
    3: "the request's length is not what its model needs",
    WRONG_MODEL: "it holds another model now",
    5: "it has no such layer or range",
    6: "something wrote beyond the arena: its results cannot be trusted",
    7: "its stack has overflowed: its results cannot be trusted",
    8: "its interpreter does not run: the arena that it was built with is too small",
    9: "what is in its flash is not what was built: its results cannot be trusted",
}
COUNTERS = {0: "none", 1: "instructions", 2: "cycles"}
_HELLO = struct.Struct("<8I16s")
_STATS = struct.Struct("<4I")
_CHECK = struct.Struct("<3IQ")
_COUNT = struct.Struct("<Q")
_RANGE = struct.Struct("<3I")


Answer = TypeVar("Answer")


class NoAnswer(RunnerError):
    """A device stayed silent, however often it was asked."""


@dataclass(frozen=True)
class Hello:
    """What a device says of itself. Sizes in bytes; ``counter`` is one of ``COUNTERS``;
    ``image`` the CRC-32 of what is in its flash (0: it does not know)."""

    input_bytes: int
    output_bytes: int
    layers: int
    arena_bytes: int
    stack_bytes: int
    counter: str
    digest: bytes
    image: int = 0


@dataclass(frozen=True)
class Check:
    """What a device finds in its flash: its CRC-32 now and as it must be (0: it does not know),
    whether the model's constants are whole, and the look's cost in the counter's unit."""

    image: int
    sealed: int
    constants: bool
    cost: int

    @property
    def whole(self) -> bool:
        """Whether all is what was built, as far as is known."""
        return self.image == self.sealed and self.constants


@dataclass(frozen=True)
class Stats:
    """The stack's peak since reset and its size, in bytes (0 where it is not known)."""

    stack_peak: int
    stack_bytes: int
    counter: str
    inferences: int


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for an answer before the request is sent again, and how often it is sent."""

    seconds: float = 5.0
    attempts: int = 4


class Client:
    """Speaks to one device. ``who`` is how errors call it.

    Raises RunnerError where the device does not answer, refuses, or holds another model;
    LinkClosed where the stream ends (the runner knows why).
    """

    def __init__(self, link: Link, who: str, patience: Patience) -> None:
        self._link = link
        self._who = who
        self._patience = patience
        self._splitter = Splitter()
        # Not 0, which marks answers to damaged requests; random, so that answers to an earlier
        # session's requests that are still on the way fit none of this one's.
        self._sequence = int.from_bytes(os.urandom(3), "little") + 1
        self._model = 0
        self._version = VERSION
        self.resent = 0

    def hello(self, digest: bytes, patience: Patience | None = None) -> Hello:
        """Introduces itself; ``digest`` (16 bytes) is the model that must be there."""
        body = self._ask(HELLO, b"", _HELLO.size, patience)
        version, inputs, outputs, layers, arena, stack, counter, image, found = _HELLO.unpack(body)
        if version not in _LAYER_COUNT:
            raise RunnerError(
                f"{self._who} speaks protocol {version}, this tinyrob speaks {VERSION}",
                "build the firmware again with this tinyrob",
            )
        if found != digest:
            raise RunnerError(
                f"{self._who} holds another model ({found.hex()[:12]}…) than the build folder "
                f"({digest.hex()[:12]}…)",
                "put this folder's firmware on it, or validate the folder that it came from",
            )
        self._model = int.from_bytes(found[:2], "little")
        self._version = version
        name = COUNTERS.get(counter, "none")
        return Hello(inputs, outputs, layers, arena, stack, name, found, image)

    def infer(self, inputs: bytes, output_bytes: int) -> tuple[bytes, int]:
        """The output of one inference, and its cost in the counter's unit."""
        body = self._ask(INFER, inputs, _COUNT.size + output_bytes)
        return body[_COUNT.size :], int(_COUNT.unpack_from(body)[0])

    def trace(self, inputs: bytes, layers: int) -> tuple[int, ...]:
        """CRC-32 of every layer's output, in execution order."""
        return struct.unpack(f"<{layers}I", self._ask(TRACE, inputs, 4 * layers))

    def tensor(self, layer: int, offset: int, length: int, inputs: bytes) -> bytes:
        """``length`` bytes of one layer's output, from ``offset`` on."""
        return self._ask(TENSOR, _RANGE.pack(layer, offset, length) + inputs, length)

    def profile(self, inputs: bytes, layers: int) -> tuple[int, ...]:
        """What each layer of one inference costs, in the counter's unit."""
        counts = struct.Struct(f"<{layers}{_LAYER_COUNT[self._version]}")
        return counts.unpack(self._ask(PROFILE, inputs, counts.size))

    def reset(self) -> None:
        """Gives a network with a state its first one."""
        self._ask(RESET, b"", 0)

    def once(self, question: Callable[[], Answer]) -> Answer:
        """The answer to a question that is not to be sent again. Raises NoAnswer."""
        patience = self._patience
        self._patience = Patience(patience.seconds, 1)
        try:
            return question()
        finally:
            self._patience = patience

    def stats(self) -> Stats:
        """Stack use so far."""
        peak, size, counter, inferences = _STATS.unpack(self._ask(STATS, b"", _STATS.size))
        return Stats(peak, size, COUNTERS.get(counter, "none"), inferences)

    def check(self) -> Check:
        """Looks at all of its flash again."""
        image, sealed, wrong, cost = _CHECK.unpack(self._ask(CHECK, b"", _CHECK.size))
        return Check(image, sealed, wrong == 0, cost)

    def watch(self, on: bool) -> None:
        """Has it look at one layer's constants with each inference, or not."""
        self._ask(WATCH, struct.pack("<I", on), 0)

    def _ask(self, kind: int, body: bytes, length: int, patience: Patience | None = None) -> bytes:
        patience = patience or self._patience
        self._sequence = self._sequence % 0xFFFF_FFFF + 1
        request = Frame(kind, OK, self._model, self._sequence, body)
        for attempt in range(patience.attempts):
            self.resent += attempt > 0
            answer = self._exchange(request, patience.seconds)
            if answer is None:
                continue
            if answer.code != OK:
                self._refused(answer)
            if len(answer.body) != length:
                raise RunnerError(
                    f"{self._who} answered {len(answer.body)} bytes where {length} were due",
                    "its firmware is not this build folder's: build and load it again",
                )
            return answer.body
        raise NoAnswer(
            f"{self._who} did not answer: {patience.attempts} tries of {patience.seconds:g} s",
            "is it running, is the link right, is something else using it?",
        )

    def _exchange(self, request: Frame, seconds: float) -> Frame | None:
        """Sends once; the fitting answer, or None after a time-out or when told of damage."""
        deadline = time.monotonic() + seconds
        try:
            self._link.write(encode(request), seconds)
        except TimeoutError:
            return None
        while (left := deadline - time.monotonic()) > 0:
            answers = [decode(piece) for piece in self._splitter.feed(self._link.read(left))]
            for answer in answers:
                if answer is not None and self._fits(request, answer):
                    return answer
            if any(a is not None and (a.sequence, a.code) == (0, DAMAGED) for a in answers):
                return None
        return None

    def _fits(self, request: Frame, answer: Frame) -> bool:
        same = (answer.type, answer.sequence) == (request.type | ANSWER, request.sequence)
        anonymous = request.type == HELLO or answer.code == WRONG_MODEL
        return same and (anonymous or answer.model == request.model)

    def _refused(self, answer: Frame) -> NoReturn:
        why = CODES.get(answer.code, f"code {answer.code}")
        raise RunnerError(
            f"{self._who} refused: {why}", "build the firmware again and load it afresh"
        )
