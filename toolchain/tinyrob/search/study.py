"""The search itself: Optuna's study in a database, which several machines may share.

NSGA-II: Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm". TPE for several
objectives: Ozaki et al. 2022, "Multiobjective tree-structured Parzen estimator".
"""

from __future__ import annotations

import os
import socket
import warnings
from collections.abc import Callable
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
        with workers(settings.workers) as spread:
            for _ in spread.each(partial(_join, space), [settings] * spread.count):
                watch(_count(study, _ended(optuna)), "a worker found the budget used up")
    return _result(optuna, space, settings, study)


def _join(space: Space, settings: Settings, _tell: Tell) -> None:
    _share(space, settings, lambda _done, _text: None)


def _ended(optuna: Any) -> tuple[Any, ...]:
    return optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED


def _share(space: Space, settings: Settings, watch: Watch) -> None:
    """Runs trials in this process until the study's budget is used up."""
    optuna = _optuna()
    board = find_board(settings.target)
    study = _open(optuna, space, settings)
    _retry_killed(optuna, study)
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

    if _count(study, states) < settings.trials:
        seconds = None if settings.minutes is None else 60 * settings.minutes
        stop = optuna.study.MaxTrialsCallback(settings.trials, states=states)
        study.optimize(objective, timeout=seconds, callbacks=[stop])


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
    return optuna


def _open(optuna: Any, space: Space, settings: Settings) -> Any:
    url = settings.storage or f"sqlite:///{settings.out / 'study.db'}"
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
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise TinyrobError(
            f"the storage {_public(url)} cannot be used: {reason[:200]}",
            "give a database as sqlite:///FILE, or one that is up, with its driver installed",
        ) from None
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


def _public(url: str) -> str:
    """The URL without a password."""
    scheme, rest, host = url.rpartition("@")
    return url if not rest else f"{scheme.partition('://')[0]}://…@{host}"


def _retry_killed(optuna: Any, study: Any) -> None:
    """Queues the choices of trials that a kill or an error ended, each once.

    A worker of this machine is dead where its process is; one of another where its heart stopped.
    """
    state = optuna.trial.TrialState
    for trial in study.get_trials(deepcopy=False, states=(state.RUNNING,)):
        worker = trial.user_attrs.get("worker", {})
        if worker.get("host") == socket.gethostname() and not _alive(worker["pid"]):
            study.tell(trial.number, state=state.FAIL)
    optuna.storages.fail_stale_trials(study)
    everyone = study.get_trials(deepcopy=False)
    retried = {trial.user_attrs.get("retry_of") for trial in everyone}
    for trial in everyone:
        if trial.state == state.FAIL and trial.number not in retried and trial.params:
            study.enqueue_trial(trial.params, user_attrs={"retry_of": trial.number})


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
