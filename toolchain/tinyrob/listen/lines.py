"""A program that answers in lines."""

from __future__ import annotations

from tinyrob.errors import RunnerError
from tinyrob.run.link import LinkClosed, Peer

_DAMAGED = "damaged: "


class Lines:
    """What a peer says, line by line. ``patience``: seconds that it may be silent."""

    def __init__(self, peer: Peer, patience: float) -> None:
        self._peer, self._patience = peer, patience
        self._rest = b""

    def write(self, content: bytes) -> None:
        """Raises RunnerError where the peer has gone, or takes nothing."""
        try:
            self._peer.link.write(content, self._patience)
        except LinkClosed:
            raise self._peer.died() from None
        except TimeoutError:
            raise self._peer.hung(
                RunnerError(f"{self._peer.who} takes nothing for {self._patience:.0f} s")
            ) from None

    def next(self, within: float | None = None) -> str:
        """The next line, without its end. Raises RunnerError where none comes, ``within`` so many
        seconds (None: with all patience)."""
        patience = self._patience if within is None else within
        while b"\n" not in self._rest:
            try:
                more = self._peer.link.read(patience)
            except LinkClosed:
                raise self._peer.died() from None
            if not more:
                raise self._peer.hung(
                    RunnerError(f"{self._peer.who} says nothing for {patience:.0f} s")
                )
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        said = line.decode("utf-8", "replace").rstrip("\r")
        if said.startswith(_DAMAGED):
            raise RunnerError(
                f"{self._peer.who}: what is in its flash is not what was built", "flash it again"
            )
        return said
