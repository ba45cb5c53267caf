"""All of tinyrob on one page: the nouns, and what is made of what. ``import tinyrob`` offers it.

    recipe, data ── train ──> Run ── model ─┐            ┌── run ───────> Inference
      a name, a file, a QKeras model ─ load ┴> Model     ├── validate ──> Validation: 0 LSB?
                 export_tflite, _hls, _rtl <────┤        ├── attack ────> Robustness
                                                └ build > Build ── flash, report

Results are dataclasses with the names of the verbs' JSON. A difference, or a demand that fell, is
a result, and its ``check()`` raises; whatever goes wrong is a TinyrobError with a hint.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinyrob.attack import robustness, testbench
from tinyrob.attack.settings import Data, Eps, Names
from tinyrob.build import job
from tinyrob.deployable import Deployable, as_deployable, write_tflite_file
from tinyrob.files.scratch import Scratch
from tinyrob.flash import program as flashing
from tinyrob.hls import export as hls
from tinyrob.project.build_folder import BuildFolder, Where, open_build
from tinyrob.report import page
from tinyrob.rtl import export as rtl
from tinyrob.training import ask as training
from tinyrob.training.session import Session
from tinyrob.validate import ask

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from tinyrob.attack.options import AttackOptions as Options
    from tinyrob.attack.robustness import Robustness


def load(model: Any = None) -> Model:
    """A zoo name, a run's or build's folder, a .tflite, .h5 or .keras, a QKeras model, bytes."""
    return Model(**vars(as_deployable(model)))


def train(recipe: Any, data: Any = None, **options: Unpack[training.TrainOptions]) -> Run:
    """Trains a recipe (name, file, TOML text) on its dataset, or on arrays, and freezes it."""
    return Run(**vars(training.train(recipe, data, **options)))


class Run(Session):
    """A finished training run: ``clean_accuracy`` on the test split, and the folder ``out``."""

    @property
    def model(self) -> Model:
        """The frozen network."""
        return load(self.out)


class Model(Deployable):
    """A network that can be built: its graph, its .tflite, the frozen model where it has one."""

    def build(
        self, target: str = "stm32", out: Where | None = None, **options: Unpack[job.BuildOptions]
    ) -> Build:
        """Firmware for a board, compiled and measured, in ``out`` (None: gone with the object)."""
        scratch = Scratch()
        folder = scratch.path / "build" if out is None else Path(out)
        job.build(self, target, out=folder, **options)
        return Build.open(folder, scratch)

    def attack(self, suite: str = "quick", eps: Eps = None, **more: Unpack[Options]) -> Robustness:
        """As ``Build.attack``; what is to be scored on is built first, for the board ``target``."""
        return robustness.ask(self, suite, eps, **more)

    def export_tflite(self, path: Where) -> Path:
        """The network as an int8 .tflite."""
        return write_tflite_file(self, Path(path))

    def export_hls(self, out: Where = "hls", **options: Unpack[hls.HlsOptions]) -> hls.HlsProject:
        """An hls4ml project for an FPGA, whose C simulation is compared bit for bit."""
        return hls.export(self, Path(out), testbench.vectors, **options)

    def export_rtl(self, out: Where = "rtl", **options: Unpack[rtl.RtlOptions]) -> rtl.RtlProject:
        """Verilog, whose simulation is compared bit for bit."""
        return rtl.export(self, Path(out), testbench.vectors, **options)


@dataclass(frozen=True, repr=False)
class Build(BuildFolder):
    """A build folder: sources, firmware, and the manifest that says what it costs."""

    scratch: Scratch | None = None

    @classmethod
    def open(cls, path: Where, scratch: Scratch | None = None) -> Build:
        """The folder that ``tinyrob build`` made."""
        return cls(**vars(open_build(Path(path))), scratch=scratch)

    def run(
        self, inputs: Data = None, on: str = "host", **more: Unpack[ask.RunOptions]
    ) -> ask.Inference:
        """Int8 inputs (N, *shape) through one runner: outputs, and what an inference costs."""
        return ask.run(self, inputs, on, **more)

    def validate(
        self, on: Names = (), inputs: Data = None, **options: Unpack[ask.ValidateOptions]
    ) -> ask.Validation:
        """Every runner (none named: all there are) against the reference, bit for bit."""
        return ask.validate(self, on, inputs, **options)

    def attack(self, suite: str = "quick", eps: Eps = None, **more: Unpack[Options]) -> Robustness:
        """Accuracy under attack within ``eps`` int8 steps (L-inf), scored on what was built."""
        return robustness.ask(str(self.path), suite, eps, **more)

    def flash(self, **options: Unpack[flashing.FlashOptions]) -> flashing.Flashed:
        """Programs a board and reads it back."""
        return flashing.program(self, **options)

    def report(self, out: Where, *found: page.Found, live: bool = False) -> page.Report:
        """One HTML page of what was built and ``found``, and its JSON; ``live``: it runs the C."""
        return page.report_of(Path(out), self.manifest.to_dict(), found, self.path, live)
