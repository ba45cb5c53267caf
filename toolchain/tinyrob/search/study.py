"""The search itself: Optuna's study in a database, which several machines may share.

NSGA-II: Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm". TPE for several
objectives: Ozaki et al. 2022, "Multiobjective tree-structured Parzen estimator".
"""

from __future__ import annotations

import os
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tinyrob.boards.read import find_board
from tinyrob.cluster.choose import workers
from tinyrob.cluster.workers import Tell
from tinyrob.errors import BoardError, TinyrobError, ToolMissing
from tinyrob.files.folder import check_replaceable, replaced
from tinyrob.files.installed import install_command
from tinyrob.files.system import process_lives
from tinyrob.search import trial as trials
from tinyrob.search.sampler import seeded
from tinyrob.search.space import Space

FRONT = "pareto"
"""The folder of the front's recipes, in the study's."""
OBJECTIVES = ("robust_accuracy", "flash_bytes", "instructions")
DIRECTIONS = ("maximize", "minimize", "minimize")
HEARTBEAT = 60  # seconds; a worker silent for three of them is taken for dead
NAMELESS = 3.0
"""Seconds after which a trial of this machine that names no worker has none: one that lives names
itself at once."""
Watch = Callable[[int, str], None]


@dataclass(frozen=True)
class Settings:
    """``trials`` is the budget of the whole study, over all machines; ``minutes`` of this call."""

    trials: int
    out: Path
    storage: str | None = None
    study: str | None = None
    sampler: str = "nsga2"
    minutes: float | None = None
    target: str = "stm32"
    seed: int = 0
    data_dir: Path | None = None
    workers: str | None = None


def search(
    space: Space, settings: Settings, watch: Watch = lambda _done, _text: None
) -> dict[str, Any]:
    """Runs trials until the budget is used up, and writes the Pareto front's recipes.

    Several ``workers`` draw their trials from one study, and must see ``out`` and its storage.
    Gives the --json object. Raises TinyrobError for a budget of 0, a storage that cannot be
    reached and a study of another space, ToolMissing without Optuna, BoardError for a target that
    counts no instructions, and what training and building raise where it is not the choice's fault.
    """
    if settings.trials < 1 or (settings.minutes is not None and settings.minutes <= 0):
        raise TinyrobError("the budget is 0: nothing can be searched", "give some: --trials 50")
    board = find_board(settings.target)
    if board.emulator is None:
        raise BoardError(
            f"{board.name} has no emulator to count instructions on",
            "`tinyrob boards` says which have one",
        )
    optuna = _optuna()
    study = _open(optuna, space, settings)
    if settings.workers is None:
        _share(space, settings, watch)
    else:
        settings = replace(settings, out=settings.out.absolute())
        with _storage(settings):  # before there are workers, two of whom would take the same trial
            _go_on(optuna, study, settings.storage is None)
        with workers(settings.workers) as spread:
            for _ in spread.each(partial(_join, space), [settings] * spread.count):
                watch(_count(study, _ended(optuna)), "a worker found the budget used up")
    with _storage(settings):
        return _result(optuna, space, settings, study)


def _join(space: Space, settings: Settings, _tell: Tell) -> None:
    _share(space, settings, lambda _done, _text: None)


def _ended(optuna: Any) -> tuple[Any, ...]:
    return optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED


def _share(space: Space, settings: Settings, watch: Watch) -> None:
    """Runs trials in this process until the study's budget is used up."""
    with _storage(settings):
        _run(space, settings, watch)


def _run(space: Space, settings: Settings, watch: Watch) -> None:
    optuna = _optuna()
    board = find_board(settings.target)
    study = _open(optuna, space, settings)
    _go_on(optuna, study, settings.storage is None)
    states = _ended(optuna)
    worker = {"host": socket.gethostname(), "pid": os.getpid()}

    def objective(trial: Any) -> tuple[float, ...]:
        trial.set_user_attr("worker", worker)
        chosen = {k: trial.suggest_categorical(k, v) for k, v in sorted(space.choices.items())}
        watch(_count(study, states), _text(chosen))
        try:
            found = trials.run(space, chosen, settings.out / "runs", board.name, settings.data_dir)
        except trials.UNFIT as error:
            trial.set_user_attr("unfit", str(error))
            raise optuna.TrialPruned(str(error)) from None
        for key, value in asdict(found).items():
            trial.set_user_attr(key, value)
        return tuple(float(getattr(found, name)) for name in OBJECTIVES)

    end = None if settings.minutes is None else time.monotonic() + 60 * settings.minutes
    while _count(study, states) < settings.trials and (end is None or time.monotonic() < end):
        _one(optuna, study, objective)


def _one(optuna: Any, study: Any, objective: Callable[[Any], tuple[float, ...]]) -> None:
    """Asks for a trial and tells what came of it. One that ends with an error stays as a kill
    leaves it: Optuna's ``optimize`` fails it, and falls itself where that cannot be written."""
    from optuna.storages._heartbeat import get_heartbeat_thread

    optuna.storages.fail_stale_trials(study)
    trial = study.ask()
    with get_heartbeat_thread(trial._trial_id, study._storage):
        try:
            values, state = objective(trial), optuna.trial.TrialState.COMPLETE
        except optuna.TrialPruned:
            values, state = None, optuna.trial.TrialState.PRUNED
    study.tell(trial, values, state)


def _count(study: Any, states: tuple[Any, ...]) -> int:
    return len(study.get_trials(deepcopy=False, states=states))


def _text(chosen: dict[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in chosen.items())


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise ToolMissing("Optuna is not installed", install_command("search")) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # Heartbeats are marked experimental since 2021; nothing a user of a search can act on.
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    warnings.filterwarnings("ignore", message="Heartbeat of storage")  # its thread is ours
    return optuna


def _open(optuna: Any, space: Space, settings: Settings) -> Any:
    url = _url(settings)
    check_replaceable(settings.out / FRONT, "Pareto front")
    if settings.storage is None:
        settings.out.mkdir(parents=True, exist_ok=True)
    try:
        storage = optuna.storages.RDBStorage(
            url, heartbeat_interval=HEARTBEAT, grace_period=3 * HEARTBEAT
        )
        study = optuna.create_study(
            study_name=settings.study or space.base.name,
            storage=storage,
            directions=list(DIRECTIONS),
            load_if_exists=True,
        )
    except Exception as error:  # each database driver raises its own
        raise _unusable(settings, error) from None
    identity = f"{space.digest} {find_board(settings.target).name}"
    known = study.user_attrs.get("space")
    if known is None and not study.get_trials(deepcopy=False):
        study.set_user_attr("space", identity)
    elif known != identity:
        raise TinyrobError(
            f"the study {study.study_name!r} in {_public(url)} is of another space or target",
            "give this one a name of its own: --study NAME",
        )
    study.sampler = seeded(settings.sampler, settings.seed)
    return study


def _url(settings: Settings) -> str:
    return settings.storage or f"sqlite:///{settings.out / 'study.db'}"


@contextmanager
def _storage(settings: Settings) -> Iterator[None]:
    """Tells what falls while the study is read and written."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (StorageInternalError, SQLAlchemyError) as error:
        raise _unusable(settings, error) from None


def _unusable(settings: Settings, error: Exception) -> TinyrobError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return TinyrobError(
        f"the storage {_public(_url(settings))} cannot be used: {reason[:200]}",
        "give a database as sqlite:///FILE, or one that is up, with its driver installed, and room "
        "on its disk",
    )


def _public(url: str) -> str:
    """The URL without a password."""
    scheme, rest, host = url.rpartition("@")
    return url if not rest else f"{scheme.partition('://')[0]}://…@{host}"


def _go_on(optuna: Any, study: Any, alone: bool) -> None:
    """Queues the trials that a kill or an error ended: the search goes on as if it had not been.

    A worker of this machine is dead where its process is: its trial is taken over, under its own
    number, on which the draws depend. One of another machine is dead where its heart stopped:
    Optuna has ended its trial, and the same choices are tried once more. ``alone``: no other
    machine has the study.
    """
    state = optuna.trial.TrialState
    for trial in study.get_trials(deepcopy=False, states=(state.RUNNING,)):
        if _is_left(study, trial, alone):
            study._storage.set_trial_state_values(trial._trial_id, state.WAITING)
    optuna.storages.fail_stale_trials(study)
    everyone = study.get_trials(deepcopy=False)
    retried = {trial.user_attrs.get("retry_of") for trial in everyone}
    for trial in everyone:
        if trial.state == state.FAIL and trial.number not in retried and trial.params:
            study.enqueue_trial(trial.params, user_attrs={"retry_of": trial.number})


def _is_left(study: Any, trial: Any, alone: bool) -> bool:
    """Whether nobody works on a trial that runs."""
    if alone and "worker" not in trial.user_attrs:
        time.sleep(NAMELESS)
        trial = study._storage.get_trial(trial._trial_id)
        if "worker" not in trial.user_attrs:
            return not trial.state.is_finished()
    worker = trial.user_attrs.get("worker", {})
    return worker.get("host") == socket.gethostname() and not _alive(worker["pid"])


def _alive(pid: int) -> bool:
    # This process runs none yet: its number was taken again.
    return pid != os.getpid() and process_lives(pid)


def _result(optuna: Any, space: Space, settings: Settings, study: Any) -> dict[str, Any]:
    """The --json object; writes ``pareto/trial-N.toml`` for each trial of the front."""
    folder = settings.out / FRONT
    settings.out.mkdir(parents=True, exist_ok=True)
    with replaced(folder, "Pareto front", wait=True) as fresh:
        front = _write_front(space, study, folder, fresh)
    states = [trial.state.name.lower() for trial in study.get_trials(deepcopy=False)]
    return {
        "study": study.study_name,
        "recipe": space.base.name,
        "target": find_board(settings.target).name,
        "eps": space.eps,
        "trials": {
            state: states.count(state) for state in ("complete", "pruned", "fail", "running")
        },
        "front": front,
        "out": str(settings.out),
    }


def _write_front(space: Space, study: Any, folder: Path, fresh: Path) -> list[dict[str, Any]]:
    """The front as --json has it; its recipes go to ``fresh``, which will be ``folder``."""
    front: list[dict[str, Any]] = []
    seen: set[str] = set()
    for best in sorted(study.best_trials, key=lambda t: (-t.values[0], t.values[1], t.number)):
        if repr(best.params) in seen:  # drawn twice
            continue
        seen.add(repr(best.params))
        name = f"{space.base.name}-trial-{best.number}"
        recipe = space.recipe(best.params, name, space.base.training.validation)
        (fresh / f"{name}.toml").write_text(recipe.text, encoding="utf-8")
        figures = {k: best.user_attrs[k] for k in trials.Outcome.__dataclass_fields__}
        path = str(folder / f"{name}.toml")
        front.append({"trial": best.number, **figures, "chosen": best.params, "recipe": path})
    return front
