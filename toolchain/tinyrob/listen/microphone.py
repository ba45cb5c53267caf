"""This machine's microphone, by PortAudio (the package sounddevice)."""

from __future__ import annotations

import importlib.util
import queue
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import RunnerError, ToolMissing
from tinyrob.features.spec import Features
from tinyrob.files.installed import install_command
from tinyrob.listen.device import Note, quiet

_SILENT_SECONDS = 3.0
_WAITING_SECONDS = 4.0  # of sound, for a listener that is slow for a while


class Microphone:
    """Samples as they come. ``lost`` counts those that nobody took in time."""

    def __init__(self, features: Features, note: Note = quiet) -> None:
        self.lost = 0
        self._features, self._note = features, note
        most = int(_WAITING_SECONDS * features.rate / features.hop)
        self._waiting: queue.Queue[NDArray[np.int16]] = queue.Queue(most)
        self._overruns = 0

    def hops(self, seconds: float | None = None) -> Iterator[NDArray[np.int16]]:
        """Hops of samples, for so many ``seconds`` or until Ctrl-C.

        Raises ToolMissing without sounddevice, RunnerError for a microphone that cannot be had, or
        that stops.
        """
        device, features = _sounddevice(), self._features
        left = None if seconds is None else -(-int(seconds * features.rate) // features.hop)
        try:
            with device.InputStream(
                samplerate=features.rate,
                channels=1,
                dtype="int16",
                blocksize=features.hop,
                callback=self._take,
            ):
                told = 0
                while left is None or left > 0:
                    yield self._next()
                    left = None if left is None else left - 1
                    if self.lost + self._overruns > told:
                        told = self.lost + self._overruns
                        self._note(
                            f"{self.lost:,} samples of the microphone were lost so far, and its "
                            f"own buffer ran over {self._overruns:,} times"
                        )
        except KeyboardInterrupt:
            return
        except device.PortAudioError as error:
            raise RunnerError(
                f"the microphone cannot be had at {features.rate:,} Hz, mono: {error}",
                "is one connected, and may this program use it? `python -m sounddevice` lists them",
            ) from None

    def _take(self, block: Any, _frames: int, _time: Any, status: Any) -> None:
        """Called by PortAudio, in a thread of its own."""
        self._overruns += bool(status.input_overflow)
        try:
            self._waiting.put_nowait(block[:, 0].copy())
        except queue.Full:
            self.lost += len(block)

    def _next(self) -> NDArray[np.int16]:
        try:
            return self._waiting.get(timeout=_SILENT_SECONDS)
        except queue.Empty:
            raise RunnerError(
                f"the microphone has given no samples for {_SILENT_SECONDS:g} s",
                "was it unplugged, or taken by another program? `python -m sounddevice` lists "
                "those there are",
            ) from None


def _sounddevice() -> Any:
    if importlib.util.find_spec("sounddevice") is None:
        raise ToolMissing("sounddevice is not installed", install_command("microphone"))
    try:
        import sounddevice
    except OSError as error:  # it is there, and the library that it calls is not
        raise ToolMissing(f"sounddevice does not work: {error}", "apt-get install libportaudio2") \
            from None  # fmt: skip
    return sounddevice
