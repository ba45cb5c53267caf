"""Progress of a training run on stderr: a bar on a terminal, one line an epoch elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tinyrob.files import screen


def _probed(record: dict[str, Any]) -> str:
    """What only some runs measure."""
    names = {"validation_accuracy": "validation", "pgd_accuracy": "pgd"}
    return "".join(f"  {word} {record[key]:.4f}" for key, word in names.items() if key in record)


class TrainingProgress:
    """A context manager; ``step`` after each batch, ``epoch`` after each epoch."""

    def __init__(self, total_steps: int, done: int = 0, console: Console | None = None) -> None:
        self.console = console or screen.console(stderr=True)
        self.bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self.task = self.bar.add_task("training", total=total_steps, completed=done)

    def step(self, description: str) -> None:
        """One more batch is done."""
        self.bar.update(self.task, advance=1, description=description)

    def epoch(self, record: dict[str, Any], of: int) -> None:
        """Prints an epoch's line."""
        penalties = "".join(f"  R({k}) {v:.3g}" for k, v in record["penalties"].items())
        self.console.print(
            f"epoch {record['epoch']:3d}/{of} {record['phase']:6s} "
            f"loss {record['loss']:.4f}{penalties}  train {record['train_accuracy']:.4f}  "
            f"test {record['test_accuracy']:.4f}{_probed(record)}{_area(record)}",
            highlight=False,
            soft_wrap=True,
        )

    def note(self, text: str) -> None:
        """Prints a line of its own."""
        self.console.print(text, highlight=False, soft_wrap=True)

    def __enter__(self) -> TrainingProgress:
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.stop()


def _area(record: dict[str, Any]) -> str:
    """What a detector of anomalies is judged by."""
    return f"  AUC {record['test_auc']:.4f}" if "test_auc" in record else ""
