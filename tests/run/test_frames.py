"""Frames: what goes in comes out, and nothing that was damaged does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tinyrob.run.frames import Frame, Splitter, decode, encode

BODIES = st.one_of(
    st.binary(max_size=600),
    # Runs around 254 bytes without a zero are where COBS has its corners.
    st.integers(230, 300).map(lambda n: b"\1" * n),
    st.integers(490, 520).map(lambda n: b"\0" + b"\7" * n + b"\0"),
)
FRAMES = st.builds(
    Frame,
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF_FFFF),
    BODIES,
)


@given(FRAMES)
def test_a_frame_survives_and_holds_no_zero_inside(frame: Frame) -> None:
    wire = encode(frame)
    assert wire[0] == wire[-1] == 0
    assert 0 not in wire[1:-1]
    assert decode(wire[1:-1]) == frame


@given(st.lists(FRAMES, max_size=4), st.integers(1, 40))
def test_frames_are_found_again_however_they_arrive(frames: list[Frame], step: int) -> None:
    wire = b"noise" + b"".join(encode(frame) for frame in frames)
    splitter, found = Splitter(), []
    for start in range(0, len(wire), step):
        found += [decode(piece) for piece in splitter.feed(wire[start : start + step])]
    assert [frame for frame in found if frame is not None] == frames


@given(FRAMES, st.data())
def test_a_damaged_frame_is_no_frame(frame: Frame, data: st.DataObject) -> None:
    wire = bytearray(encode(frame)[1:-1])
    at = data.draw(st.integers(0, len(wire) - 1))
    wire[at] ^= data.draw(st.integers(1, 255))
    assert decode(bytes(wire)) is None


@given(st.binary(max_size=80))
def test_noise_is_no_frame(noise: bytes) -> None:
    assert decode(noise.replace(b"\0", b"")) is None


@given(FRAMES, st.integers(1, 30))
def test_a_frame_cut_short_is_no_frame(frame: Frame, missing: int) -> None:
    wire = encode(frame)[1:-1]
    # Behind a last run of 254 bytes COBS closes with an empty one, which says nothing: without it
    # the frame is whole.
    nothing_lost = missing == 1 and wire.endswith(b"\x01") and len(wire) > 254
    assert decode(wire[:-missing]) in ((None, frame) if nothing_lost else (None,))
