"""What the figures say of the paper's claims, and of averages, in sentences."""

from __future__ import annotations

from benchmarks.seed.figures import Estimate, Figures, estimate, mean, of_runs, worst
from benchmarks.seed.plan import MLPERF, Claim, Plan, Row, Task

THEIRS = Row("stochastic-ternary", "layers")
"""The row that the paper's network is: stochastic ternary kernels and a penalty a layer."""


def sentence(claim: Claim, task: Task, figures: Figures) -> str:
    """Of one claim: reproduced, by how much, or not, or not measured."""
    said = (
        f"**{task.title}, {claim.group}**: the paper has {claim.points:+.1f} points against MLPerf "
        "Tiny's network, averaged over attacks"
    )
    found = lead(claim, task, figures)
    if found is None:
        return f"{said}; not measured."
    if found.mean >= claim.points:
        verdict = "reproduced"
    elif found.mean > 0:
        verdict = "not reproduced to its size: the lead is there, and smaller"
    else:
        verdict = "not reproduced: there is no lead"
    return f"{said}; here {points(found)}: {verdict}."


def lead(claim: Claim, task: Task, figures: Figures) -> Estimate | None:
    """By how many points our row of the paper's method leads MLPerf Tiny's, over the attacks that
    both have; None where one of them is not measured."""
    mlperf = Row(MLPERF, "")
    other = [
        mean(task, mlperf, record, claim.group)
        for record in of_runs(task, mlperf, figures).values()
    ]
    if not task.mlperf or not other or other[0] is None:
        return None
    ours = [
        mean(task, THEIRS, record, claim.group, mlperf)
        for record in of_runs(task, THEIRS, figures).values()
    ]
    return estimate([100 * (value - other[0]) for value in ours if value is not None])


def points(found: Estimate) -> str:
    """A difference in points, with its interval where there are several seeds."""
    if found.half is None:
        return f"{found.mean:+.1f} points (one seed)"
    return f"{found.mean:+.1f} ± {found.half:.1f} points ({found.seeds} seeds)"


def hidden(task: Task, figures: Figures) -> list[str]:
    """What averages hide: a sentence on the paper's method, and one where the averages' best row is
    not the worst case's. Nothing where no row is measured whole."""
    whole: dict[Row, dict[str, float]] = {}
    for row in task.rows:
        per_run = [
            {"white-box": white, "black-box": black, "worst": least}
            for record in of_runs(task, row, figures).values()
            if (white := mean(task, row, record, "white-box")) is not None
            and (black := mean(task, row, record, "black-box")) is not None
            and (least := worst(task, row, record)) is not None
        ]
        if per_run:
            keys = per_run[0]
            whole[row] = {k: 100 * sum(run[k] for run in per_run) / len(per_run) for k in keys}
    if not whole:
        return []
    row, gap = max(
        ((row, max(f["white-box"], f["black-box"]) - f["worst"]) for row, f in whole.items()),
        key=lambda pair: pair[1],
    )
    told = [
        f"**{task.title}**: to an average over attacks an input that one of them breaks is mostly "
        f"right. It is farthest from the worst case at `{row.name}`, by {gap:.1f} points: "
        f"white-box {whole[row]['white-box']:.1f}, black-box {whole[row]['black-box']:.1f}, "
        f"worst case {whole[row]['worst']:.1f}."
    ]
    best = {key: max(whole, key=lambda one: whole[one][key]) for key in ("black-box", "worst")}
    if best["black-box"] != best["worst"]:
        first, last = best["black-box"], best["worst"]
        told.append(
            f"The best black-box average is `{first.name}`'s, {whole[first]['black-box']:.1f}, "
            f"with a worst case of {whole[first]['worst']:.1f}; the best worst case is "
            f"`{last.name}`'s, {whole[last]['worst']:.1f}."
        )
    return told


def texts(plan: Plan, figures: Figures) -> tuple[list[str], list[str]]:
    """Of all claims, and what the averages of all tasks hide."""
    tasks = {task.name: task for task in plan.tasks}
    said = [sentence(claim, tasks[claim.task], figures) for claim in plan.claims]
    return said, [" ".join(told) for task in plan.tasks if (told := hidden(task, figures))]
