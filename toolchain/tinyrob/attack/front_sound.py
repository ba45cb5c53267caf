"""A microphone, and perhaps a room, in front of a network: int16 samples to features.

A room is a loudness (in decibels, evenly drawn up to ``gain`` either way) and a delay (in
milliseconds, up to ``shift`` either way, silence where nothing was recorded). It changes what was
recorded and what an attacker has added alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.fronts import Value
from tinyrob.attack.grid import Int8Array
from tinyrob.attack.places import Place
from tinyrob.data import mfcc
from tinyrob.features import compute, tables
from tinyrob.features.spec import Features, Mel
from tinyrob.tf.straight_through import on_grid

_SEED = 19
_GAIN_BITS = 14


@dataclass(frozen=True)
class Rooms:
    """``draws`` of them, the same ones for every recording; one of no gain and shift is none."""

    draws: int = 1
    gain: float = 0.0
    shift: float = 0.0

    def drawn(self, rate: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Factors in Q14 and delays in samples, (draws,) each."""
        generator = np.random.default_rng(_SEED)
        decibels = generator.uniform(-self.gain, self.gain, self.draws)
        most = int(self.shift * rate / 1000)
        factors = np.rint(10.0 ** (decibels / 20.0) * (1 << _GAIN_BITS)).astype(np.int64)
        return factors, generator.integers(-most, most + 1, self.draws)


class SoundFront:
    """Any front end of sound. ``exact`` makes a network's inputs (N, ...) of int16 samples (N, n);
    ``floats(tf, samples)`` their values (N, frames, width) in int8 steps before rounding, where
    there is such a thing."""

    place: Place = "samples"
    dtype: np.dtype[Any] = np.dtype(np.int16)

    def __init__(
        self,
        rate: int,
        samples: int,
        exact: Callable[[NDArray[np.int16]], Int8Array],
        floats: Callable[[Any, Value], Value] | None,
        rooms: Rooms | None = None,
    ) -> None:
        self.shape: tuple[int, ...] = (samples,)
        self.rate, self.rooms = rate, rooms or Rooms()
        self.draws, self.differentiable = self.rooms.draws, floats is not None
        self._exact, self._floats = exact, floats

    @cached_property
    def _drawn(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self.rooms.drawn(self.rate)

    @property
    def _still(self) -> bool:
        return self.rooms == Rooms()

    def played(self, x: NDArray[np.int16]) -> NDArray[np.int16]:
        """Samples (N, n) as each room's microphone hears them: (N * draws, n), clipped."""
        if self._still:
            return x
        made = np.zeros((len(x), self.draws, x.shape[1]), np.int16)
        for number, (factor, delay) in enumerate(zip(*self._drawn, strict=True)):
            loud = (x.astype(np.int64) * factor + (1 << (_GAIN_BITS - 1))) >> _GAIN_BITS
            made[:, number] = _delayed(np.clip(loud, -32768, 32767), int(delay))
        return made.reshape(-1, x.shape[1])

    def made(self, x: NDArray[Any]) -> Int8Array:
        """The features (N * draws, ...), of the exact integers."""
        return self._exact(self.played(x))

    def surrogate(self, tf: Any, x: Value, rounded: bool) -> Value:
        """The features in floats, in int8 steps (N * draws, frames, width)."""
        assert self._floats is not None
        samples = tf.cast(x, tf.float32)
        if not self._still:
            heard = [
                _moved(tf, tf.clip_by_value(samples * float(f) / 2**_GAIN_BITS, -32768.0, 32767.0),
                       int(delay))
                for f, delay in zip(*self._drawn, strict=True)
            ]  # fmt: skip
            samples = tf.reshape(tf.stack(heard, axis=1), (-1, self.shape[0]))
        values = self._floats(tf, samples)
        if rounded:
            return on_grid(tf, values, 1.0, -128, 127)
        return tf.clip_by_value(values, -128.0, 127.0)

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        rooms = None
        if not self._still:
            rooms = {"draws": self.draws, "gain_db": self.rooms.gain, "shift_ms": self.rooms.shift}
        return {"place": self.place, "rate": self.rate, "rooms": rooms}


def integer_front(features: Features, rooms: Rooms | None = None) -> SoundFront:
    """The front end that the firmware has."""
    floats = None
    if isinstance(features, Mel):
        mel = features

        def floats(tf: Any, samples: Value) -> Value:
            return _mel(tf, mel, samples)

    return SoundFront(
        features.rate,
        features.samples,
        lambda x: compute.inputs(features, x),
        floats,
        rooms,
    )


def float_front(rooms: Rooms | None = None) -> SoundFront:
    """The float features (``data.mfcc``) that networks without a table ``[features]`` were trained
    on."""
    return SoundFront(
        mfcc.RATE,
        mfcc.SAMPLES,
        lambda x: mfcc.features(x.astype(np.float64) / 32768.0),
        _float_mfcc,
        rooms,
    )


def _delayed(x: NDArray[Any], by: int) -> NDArray[Any]:
    moved = np.zeros_like(x)
    if by >= 0:
        moved[:, by:] = x[:, : x.shape[1] - by]
    else:
        moved[:, :by] = x[:, -by:]
    return moved


def _moved(tf: Any, x: Value, by: int) -> Value:
    if by >= 0:
        return tf.pad(x, ((0, 0), (by, 0)))[:, : x.shape[1]]
    return tf.pad(x, ((0, 0), (0, -by)))[:, -by:]


def _mel(tf: Any, features: Mel, samples: Value) -> Value:
    """``features.mel``, without its roundings."""
    factor = tables.emphasis(features)
    if factor:
        before = tf.pad(samples[:, :-1], ((0, 0), (1, 0)))
        samples = (samples - before * (factor / 2**tables.EMPHASIS_BITS)) / 2
    frames = tf.signal.frame(samples, features.frame, features.hop)
    frames *= tf.constant(tables.window(features).astype(np.float32))
    spectrum = tf.signal.rfft(frames, [features.fft]) / features.fft
    power = (tf.math.real(spectrum) ** 2 + tf.math.imag(spectrum) ** 2) / 2**tables.POWER_SHIFT
    weights = np.zeros((features.fft // 2 + 1, features.bands), np.float32)
    for band, (first, values) in enumerate(tables.band_weights(features)):
        weights[first : first + len(values), band] = values
    bands = tf.tensordot(power, tf.constant(weights), 1) + 2.0**features.floor
    logs = tf.math.log(bands) / np.float32(np.log(2.0)) - np.float32(
        features.floor + tables.centre(features) / 2**tables.LOG_BITS
    )
    if features.kind == "mfcc":
        basis = tables.cosines(features).T.astype(np.float32) / 2 ** tables.basis_bits(features)
        logs = tf.tensordot(logs, tf.constant(basis), 1)
    return logs / features.octaves


def _float_mfcc(tf: Any, samples: Value) -> Value:
    """``data.mfcc`` before its rounding."""
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(mfcc.FRAME) / mfcc.FRAME)
    frames = tf.signal.frame(samples / 32768.0, mfcc.FRAME, mfcc.HOP)[:, : mfcc.FRAMES]
    spectrum = tf.signal.rfft(frames * window.astype(np.float32), [mfcc.POINTS])
    power = tf.math.real(spectrum) ** 2 + tf.math.imag(spectrum) ** 2
    # The derivative of a root is infinite at 0.
    size = tf.sqrt(power + 1e-14)[..., : mfcc.BINS]
    bands = tf.tensordot(size, tf.constant(mfcc.bands().astype(np.float32)), 1)
    logs = tf.math.log(bands + mfcc.FLOOR)
    return tf.tensordot(logs, tf.constant(mfcc.cosines().astype(np.float32)), 1) / mfcc.STEP
