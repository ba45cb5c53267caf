"""The deployed forms of a network, as something to open when its turn comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from tinyrob.attack.result import versions
from tinyrob.attack.score import Open
from tinyrob.attack.store import digest
from tinyrob.deployable import Deployable, as_deployable, from_build
from tinyrob.errors import RunnerError
from tinyrob.project.build_folder import BuildFolder, SerialOptions, open_build
from tinyrob.project.manifest import FILE
from tinyrob.run.base import Runner
from tinyrob.runners import check_name, check_runner, open_runner

_IN_PYTHON = ("keras", "tflm")  # these need no build


@dataclass(frozen=True)
class Artefacts:
    """A network and where its firmware is, or is to be built when a runner first needs it."""

    model: Deployable
    folder: Path
    target: str
    built: BuildFolder | None = None
    serial: SerialOptions = field(default_factory=SerialOptions)

    @property
    def reference(self) -> str:
        """The runner that judges: Keras where the network was frozen here, else TFLite Micro."""
        return "keras" if self.model.frozen is not None else "tflm"

    @property
    def exact(self) -> bool:
        """Whether Keras, too, must give the artefact's bits."""
        return self.model.frozen is not None and self.model.frozen.exact

    @cached_property
    def build(self) -> BuildFolder:
        """The firmware's folder. Raises what ``tinyrob build`` raises."""
        if self.built is not None:
            return replace(self.built, serial=self.serial)
        from tinyrob.build.job import build

        build(self.model, self.target, out=self.folder)
        return replace(open_build(self.folder), serial=self.serial)

    def fingerprint(self, name: str) -> str:
        """What the answers of a runner depend on, beside network and inputs.

        Raises what ``tinyrob build`` raises.
        """
        if name in _IN_PYTHON:
            return digest(versions())
        built = self.build.manifest
        return digest(
            versions(), built.board, built.runtime, built.digest, built.elf_digest, built.compiler
        )

    def open(self, name: str) -> Runner:
        """The runner ``name``, ready to be entered."""
        if name == "keras":
            assert self.model.frozen is not None
            from tinyrob.run.keras import KerasRunner

            return KerasRunner(self.model.frozen)
        if name == "tflm":
            from tinyrob.run.tflm import TflmRunner

            return TflmRunner(self.model.tflite, self.model.graph)
        return open_runner(name, self.build)

    def runners(self, names: Sequence[str]) -> list[tuple[str, Open, bool]]:
        """Name, how to open it, and whether its bits must equal the others', for each name."""
        return [
            (name, lambda name=name: self.open(name), name != "keras" or self.exact)  # type: ignore[misc]
            for name in names
        ]

    def check(self, names: Sequence[str]) -> None:
        """Raises RunnerError for a runner that is not known or that this model cannot have."""
        for name in names:
            if check_name(name) == "keras" and self.model.frozen is None:
                raise RunnerError(
                    f"the runner keras needs a frozen model, and {self.model.name} is a .tflite",
                    "leave keras out of --on; TFLite Micro (tflm) is the reference here",
                )

    def prepare(self, names: Sequence[str]) -> None:
        """Builds what is to be run: before an attack takes its time, not after.

        Raises what ``tinyrob build`` raises, and why a runner of ``names`` is not to be had.
        """
        for name in names:
            if name not in _IN_PYTHON:
                check_runner(name, self.build)


def open_artefacts(model: str | Deployable | None, folder: Path, target: str) -> Artefacts:
    """What MODEL names: as ``load_model`` takes it, or a folder that ``tinyrob build`` made."""
    if isinstance(model, str) and (Path(model) / FILE).is_file():
        built = open_build(Path(model))
        return Artefacts(from_build(built), folder, target, built)
    return Artefacts(as_deployable(model), folder, target)
