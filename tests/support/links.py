"""Links that do harm: to see that no wrong result is ever taken for a right one."""

from __future__ import annotations

import struct
import time
import zlib
from random import Random

from tinyrob.run import protocol
from tinyrob.run.frames import Frame, Splitter, decode, encode
from tinyrob.run.link import Link


class FakeDevice:
    """A device in memory: the output of an inference is a checksum of its input."""

    def __init__(self, digest: bytes, input_bytes: int, output_bytes: int) -> None:
        self.digest, self.inputs, self.outputs = digest, input_bytes, output_bytes
        self._splitter = Splitter()
        self._waiting = bytearray()

    def output(self, inputs: bytes) -> bytes:
        """What an inference of ``inputs`` must give."""
        return (struct.pack("<I", zlib.crc32(inputs)) * self.outputs)[: self.outputs]

    def write(self, data: bytes, timeout: float) -> None:
        for piece in self._splitter.feed(data):
            self._waiting += encode(self._answer(decode(piece)))

    def read(self, timeout: float) -> bytes:
        data, self._waiting = bytes(self._waiting), bytearray()
        return data

    def _answer(self, asked: Frame | None) -> Frame:
        tag = int.from_bytes(self.digest[:2], "little")
        if asked is None:
            return Frame(protocol.ANSWER, protocol.DAMAGED, tag, 0)
        kind = asked.type | protocol.ANSWER
        if asked.type == protocol.HELLO:
            numbers = (1, self.inputs, self.outputs, 2, 64, 4096, 1, 0)
            body = struct.pack("<8I16s", *numbers, self.digest)
        elif asked.model != tag:
            return Frame(kind, protocol.WRONG_MODEL, tag, asked.sequence)
        else:
            body = struct.pack("<Q", zlib.crc32(asked.body)) + self.output(asked.body)
        return Frame(kind, protocol.OK, tag, asked.sequence, body)


class HarmfulLink:
    """Loses, changes, doubles, adds and delays bytes, both ways, at ``rate`` a byte.

    ``damaged`` counts the bytes, each of which spoils a frame; ``harm`` also what comes twice.
    """

    def __init__(self, link: Link, random: Random, rate: float) -> None:
        self._link, self._random, self._rate = link, random, rate
        self._late = b""
        self.harm = self.damaged = 0

    def write(self, data: bytes, timeout: float) -> None:
        self._link.write(self._spoil(data), timeout)

    def read(self, timeout: float) -> bytes:
        late, self._late = self._late, b""
        got = self._link.read(0.0 if late else timeout)
        if got and self._rate and self._random.random() < 0.1:
            # All of it comes only after the next request has gone.
            self._late, got = got, b""
        if not late and not got:
            time.sleep(0.0005)
        return late + self._spoil(got)

    def _spoil(self, data: bytes) -> bytes:
        random, spoilt = self._random, bytearray()
        for byte in data:
            if random.random() >= self._rate:
                spoilt.append(byte)
                continue
            self.harm += 1
            self.damaged += 1
            kind = random.randrange(4)
            if kind == 0:
                continue
            if kind == 1:
                spoilt.append(byte ^ 1 << random.randrange(8))
            elif kind == 2:
                spoilt += bytes((byte, byte))
            else:
                spoilt += random.randbytes(3)
        if spoilt and self._rate and random.random() < 0.05:
            self.harm += 1
            spoilt *= 2  # a whole answer, or a whole request, comes twice
        return bytes(spoilt)
