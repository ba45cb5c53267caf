"""The protocol's client: over good links, harmful links, and against the firmware's own C."""

from __future__ import annotations

import re
import struct
from random import Random

import numpy as np
import pytest

from support.firmware import built, need
from support.links import FakeDevice, HarmfulLink
from tinyrob.errors import RunnerError
from tinyrob.files import resources
from tinyrob.run import protocol
from tinyrob.run.child import Child
from tinyrob.run.frames import Frame, encode
from tinyrob.run.host import HostRunner

DIGEST = bytes(range(7, 23))
PATIENT = protocol.Patience(seconds=0.02, attempts=200)


def client(link, patience: protocol.Patience = PATIENT) -> protocol.Client:
    made = protocol.Client(link, "the device", patience)
    made.hello(DIGEST)
    return made


class Replies:
    """A link that answers each write with the next of ``replies``, whatever was asked."""

    def __init__(self, *replies) -> None:
        self._replies, self._waiting, self.written = list(replies), b"", 0

    def write(self, data: bytes, timeout: float) -> None:
        self.written += 1
        if self._replies:
            made = self._replies.pop(0)
            self._waiting += made(_sequence(data)) if callable(made) else made

    def read(self, timeout: float) -> bytes:
        data, self._waiting = self._waiting, b""
        return data


def _sequence(wire: bytes) -> int:
    from tinyrob.run.frames import decode

    frame = decode(wire[1:-1])
    assert frame is not None
    return frame.sequence


def test_both_sides_have_the_same_numbers() -> None:
    text = (resources.firmware() / "proto" / "tr_proto.h").read_text(encoding="utf-8")
    numbers = {n: int(v, 0) for n, v in re.findall(r"#define TR_(\w+) (0x[0-9A-F]+|\d+)U?\b", text)}
    assert numbers["PROTO_VERSION"] == protocol.VERSION
    for name in ("HELLO", "INFER", "TRACE", "TENSOR", "STATS", "PROFILE"):
        assert numbers[f"REQUEST_{name}"] == getattr(protocol, name)
    assert (numbers["ANSWER"], numbers["HEADER_BYTES"]) == (protocol.ANSWER, 12)
    codes = {v for n, v in numbers.items() if n.startswith("CODE_")}
    assert codes == {protocol.OK, protocol.DAMAGED, 2, *protocol.CODES}
    counters = {v: n.removeprefix("COUNTER_").lower() for n, v in numbers.items() if "COUNTER" in n}
    assert counters == protocol.COUNTERS


@pytest.mark.parametrize("rate", [0.0, 0.001, 0.01])
def test_no_wrong_result_is_accepted_and_none_is_lost(rate: float) -> None:
    random = Random(5)
    device = FakeDevice(DIGEST, 40, 10)
    link = HarmfulLink(device, random, rate)
    asking = client(link, protocol.Patience(seconds=0.004, attempts=2000))
    for _ in range(1000):
        inputs = random.randbytes(40)
        assert asking.infer(inputs, 10)[0] == device.output(inputs)
    assert rate == 0.0 or (link.harm > 100 and asking.resent > 50)


def test_the_firmwares_own_code_accepts_nothing_damaged_either() -> None:
    need("cc")
    folder = built()
    shape = folder.manifest.input.shape
    inputs = np.random.default_rng(3).integers(-128, 128, (40, *shape), dtype=np.int8)
    with HostRunner(folder, sanitize=True) as runner:
        expected = runner.run(inputs).outputs
    program = folder.path / "host" / "firmware-sanitized"
    child = Child("the host's firmware", [str(program)])
    try:
        link = HarmfulLink(child.link, Random(11), 0.003)
        asking = protocol.Client(
            link, "the host's firmware", protocol.Patience(seconds=0.05, attempts=400)
        )
        asking.hello(folder.model_digest)
        for _ in range(5):
            for one, output in zip(inputs, expected, strict=True):
                assert asking.infer(one.tobytes(), output.size)[0] == output.tobytes()
        assert link.harm > 50
    finally:
        child.stop()


def test_the_firmware_survives_noise_and_lying_lengths() -> None:
    need("cc")
    folder = built()
    with HostRunner(folder, sanitize=True):
        pass
    random = Random(2)
    child = Child("the host's firmware", [str(folder.path / "host" / "firmware-sanitized")])
    try:
        for length in (0, 1, 71, 72, 73, 5000):
            child.link.write(encode(Frame(protocol.INFER, 0, 0, 9, random.randbytes(length))), 5.0)
            child.link.write(encode(Frame(protocol.TENSOR, 0, 0, 9, random.randbytes(length))), 5.0)
        for _ in range(200):
            child.link.write(random.randbytes(random.randrange(1, 200)), 5.0)
        # Each word of damage that is still on its way may cost an attempt.
        asking = protocol.Client(
            child.link, "the host's firmware", protocol.Patience(seconds=1.0, attempts=400)
        )
        assert asking.hello(folder.model_digest).layers == len(folder.manifest.layers)
    finally:
        child.stop()


def test_the_firmware_answers_errors_with_their_codes() -> None:
    need("cc")
    folder = built()
    with HostRunner(folder):
        pass
    tag = int.from_bytes(folder.model_digest[:2], "little")
    child = Child("the host's firmware", [str(folder.path / "host" / "firmware")])
    inputs = bytes(72)
    cases = [
        (Frame(0x33, 0, tag, 5), 2),
        (Frame(protocol.INFER, 0, tag, 5, inputs + b"1"), 3),
        (Frame(protocol.INFER, 0, tag ^ 1, 5, inputs), 4),
        (Frame(protocol.TENSOR, 0, tag, 5, struct.pack("<3I", 99, 0, 1) + inputs), 5),
        (Frame(protocol.TENSOR, 0, tag, 5, struct.pack("<3I", 0, 144, 1) + inputs), 5),
        (Frame(protocol.TENSOR, 0, tag, 5, struct.pack("<3I", 0, 1, 2**32 - 1) + inputs), 5),
    ]
    try:
        for request, code in cases:
            child.link.write(encode(request), 5.0)
            got = b""
            while got.count(0) < 2:
                got += child.link.read(5.0)
            from tinyrob.run.frames import decode

            answer = decode(got.strip(b"\0"))
            assert answer is not None
            assert (answer.type, answer.code, answer.body) == (request.type | 0x80, code, b"")
    finally:
        child.stop()


def test_another_model_is_refused_and_said_so() -> None:
    asking = protocol.Client(FakeDevice(bytes(16), 4, 4), "the board", PATIENT)
    with pytest.raises(RunnerError, match="the board holds another model") as raised:
        asking.hello(DIGEST)
    assert "firmware on it" in (raised.value.hint or "")


def test_a_model_that_changes_in_the_middle_is_noticed() -> None:
    device = FakeDevice(DIGEST, 4, 4)
    asking = client(device)
    device.digest = bytes(16)
    with pytest.raises(RunnerError, match="it holds another model now"):
        asking.infer(b"abcd", 4)


def test_another_protocol_version_is_refused() -> None:
    def reply(sequence: int) -> bytes:
        body = struct.pack("<8I16s", 9, 4, 4, 1, 1, 1, 1, 0, DIGEST)
        return encode(Frame(protocol.HELLO | protocol.ANSWER, 0, 0, sequence, body))

    with pytest.raises(RunnerError, match="speaks protocol 9"):
        protocol.Client(Replies(reply), "the board", PATIENT).hello(DIGEST)


def test_older_firmware_is_understood() -> None:
    """Version 1 has 32 bits for a layer's count, version 2 has 64."""
    for version, counts in (
        (1, struct.pack("<2I", 7, 2**32 - 1)),
        (2, struct.pack("<2Q", 7, 5**20)),
    ):

        def hello(sequence: int, version: int = version) -> bytes:
            body = struct.pack("<8I16s", version, 4, 4, 2, 1, 1, 1, 0, DIGEST)
            return encode(Frame(protocol.HELLO | protocol.ANSWER, 0, 0, sequence, body))

        def profile(sequence: int, counts: bytes = counts) -> bytes:
            tag = int.from_bytes(DIGEST[:2], "little")
            return encode(Frame(protocol.PROFILE | protocol.ANSWER, 0, tag, sequence, counts))

        expected = (7, 2**32 - 1) if version == 1 else (7, 5**20)
        assert client(Replies(hello, profile)).profile(b"abcd", 2) == expected


def test_silence_is_an_error_after_every_try() -> None:
    link = Replies()
    with pytest.raises(RunnerError, match=r"did not answer: 3 tries of 0\.01 s"):
        protocol.Client(link, "the board", protocol.Patience(0.01, 3)).hello(DIGEST)
    assert link.written == 3


def test_word_of_damage_is_answered_at_once() -> None:
    def hello(sequence: int) -> bytes:
        body = struct.pack("<8I16s", 1, 4, 4, 1, 1, 1, 1, 0, DIGEST)
        return encode(Frame(protocol.HELLO | protocol.ANSWER, 0, 0, sequence, body))

    damaged = encode(Frame(protocol.ANSWER, protocol.DAMAGED, 0, 0))
    asking = protocol.Client(Replies(damaged, hello), "the board", protocol.Patience(60.0, 2))
    assert asking.hello(DIGEST).layers == 1
    assert asking.resent == 1


def test_an_answer_that_is_not_this_requests_is_dropped() -> None:
    def stale(sequence: int) -> bytes:
        tag = int.from_bytes(DIGEST[:2], "little")
        wrong = struct.pack("<Q", 0) + b"bad!"
        right = struct.pack("<Q", 0) + b"good"
        kind = protocol.INFER | protocol.ANSWER
        return b"".join(
            encode(frame)
            for frame in (
                Frame(kind, 0, tag, sequence - 1, wrong),
                Frame(protocol.TRACE | protocol.ANSWER, 0, tag, sequence, wrong),
                Frame(kind, 0, tag ^ 5, sequence, wrong),
                Frame(kind, 0, tag, sequence, right),
            )
        )

    def hello(sequence: int) -> bytes:
        body = struct.pack("<8I16s", 1, 4, 4, 1, 1, 1, 1, 0, DIGEST)
        return encode(Frame(protocol.HELLO | protocol.ANSWER, 0, 0, sequence, body))

    assert client(Replies(hello, stale)).infer(b"abcd", 4) == (b"good", 0)


@pytest.mark.parametrize(("code", "words"), [(2, "does not know"), (6, "arena"), (7, "stack")])
def test_a_refusal_says_why(code: int, words: str) -> None:
    def refuse(sequence: int) -> bytes:
        return encode(Frame(protocol.HELLO | protocol.ANSWER, code, 0, sequence))

    with pytest.raises(RunnerError, match=words):
        protocol.Client(Replies(refuse), "the board", PATIENT).hello(DIGEST)


def test_an_answer_of_another_length_is_refused() -> None:
    def short(sequence: int) -> bytes:
        return encode(Frame(protocol.HELLO | protocol.ANSWER, 0, 0, sequence, b"abc"))

    with pytest.raises(RunnerError, match="answered 3 bytes where 48 were due"):
        protocol.Client(Replies(short), "the board", PATIENT).hello(DIGEST)
