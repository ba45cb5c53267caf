"""Samplers whose draws depend on the trial's number, and on nothing of who draws."""

from __future__ import annotations

from typing import Any


def seeded(kind: str, seed: int) -> Any:
    """Optuna's sampler of this kind ("tpe", else NSGA-II), seeded anew for each trial.

    The storage gives every trial a number of its own. A seed for each worker instead would let
    those that start together draw the same trials.
    """
    import optuna

    class PerTrial(optuna.samplers.BaseSampler):  # type: ignore[misc]
        """Hands each trial to a fresh sampler; what one has learned is all in the study."""

        def __init__(self) -> None:
            self._inner = self._fresh(0)

        def _fresh(self, number: int) -> Any:
            own = (seed + 1_000_003 * number) % 2**32
            if kind == "tpe":
                return optuna.samplers.TPESampler(seed=own, multivariate=False, constant_liar=True)
            return optuna.samplers.NSGAIISampler(seed=own, population_size=20)

        def before_trial(self, study: Any, trial: Any) -> None:
            self._inner = self._fresh(trial.number)
            self._inner.before_trial(study, trial)

        def infer_relative_search_space(self, study: Any, trial: Any) -> Any:
            return self._inner.infer_relative_search_space(study, trial)

        def sample_relative(self, study: Any, trial: Any, search_space: Any) -> Any:
            drawn = self._inner.sample_relative(study, trial, search_space)
            for name, distribution in trial.distributions.items():  # drawn before a kill
                if name not in drawn:
                    self._inner.sample_independent(study, trial, name, distribution)
            return drawn

        def sample_independent(self, study: Any, trial: Any, name: str, distribution: Any) -> Any:
            return self._inner.sample_independent(study, trial, name, distribution)

        def after_trial(self, study: Any, trial: Any, state: Any, values: Any) -> None:
            self._inner.after_trial(study, trial, state, values)

    return PerTrial()
