"""The seed table's attacks: inside their ball, as strong as they can be where that is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.comparison.measure import Place
from benchmarks.seed import cells, network, plan
from benchmarks.seed.attacks import ATTACKS, Counting, check_settings, made
from benchmarks.seed.plan import MLPERF, Row
from support.targets import linear
from tinyrob.attack.attacks import Ball
from tinyrob.attack.grid import Norm, inside
from tinyrob.attack.target import fooled
from tinyrob.errors import TinyrobError
from tinyrob.models import recipe_file, topologies
from tinyrob.training import weights

DIGITS = next(
    task
    for task in plan.load(Path(__file__).resolve().parents[2] / "benchmarks" / "seed.toml").tasks
    if task.name == "digits"
)
QUICK = {
    "square": {"queries": 10.0},
    "boundary": {"steps": 3.0},
    "hopskipjump": {"steps": 2.0, "evaluations": 20.0},
    "zoo": {"steps": 3.0, "searches": 1.0, "parallel": 8.0},
    "cw": {"steps": 5.0, "searches": 2.0},
    "apgd": {"steps": 10.0},
}


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_candidates_lie_in_the_ball_and_follow_from_the_seed(name: str, norm: Norm) -> None:
    if norm is Norm.L2 and name in ("fgsm", "pgd", "transfer", "square"):
        return  # these climb in L-inf, as the paper's do
    target, x, y = linear(classes=3)
    x, y = x[:6], y[:6]
    ball = Ball(norm, 9.0)
    found = made(name, QUICK.get(name, {}))(target, x, y, ball, 4)
    again = made(name, QUICK.get(name, {}))(target, x, y, ball, 4)
    assert found
    for points, same in zip(found, again, strict=True):
        assert points.dtype == np.int8
        assert inside(points, x, norm, ball.eps).all()
        assert np.array_equal(points, same)


def test_arts_climbers_break_what_a_linear_network_lets_them() -> None:
    target, x, y = linear(classes=2)
    eps = float(np.floor(np.median(target.needed(x, y, "linf"))) + 1)
    breakable = fooled(target.logits(x), y) | (target.needed(x, y, "linf") <= eps - 1)
    assert 0 < breakable.sum() < len(x)
    for name in ("fgsm", "pgd"):
        (points,) = made(name, {})(target, x, y, Ball(Norm.LINF, eps), 0)
        broken = fooled(target.logits(points), y)
        assert broken[breakable].all(), name
        assert not broken[target.needed(x, y, "linf") > eps].any(), name


def test_a_setting_that_an_attack_lacks_is_refused() -> None:
    with pytest.raises(TinyrobError, match="square has no steps"):
        check_settings("square", {"steps": 3})
    with pytest.raises(TinyrobError, match="cw has no surfaces"):
        check_settings("cw", {"surfaces": 3})


def test_queries_are_counted() -> None:
    target, x, _ = linear(classes=3)
    counting = Counting(target)
    assert np.array_equal(counting.logits(x[:5]), target.logits(x[:5]))
    counting.logits(x[:2])
    assert counting.queries == 7


def test_a_float_row_is_judged_by_itself(tmp_path: Path) -> None:
    run = network.Run(DIGITS, Row("float", "none"), 0, Place(None, None, tmp_path))
    text = cells.recipes.text(DIGITS, run.row, 0)
    model = topologies.build(recipe_file.parse(text), (8, 8, 1), 10, quantized=False)
    run.folder.mkdir(parents=True)
    (run.folder / "recipe.toml").write_text(text)
    weights.save(model, run.folder / "float.npz")
    digest = network.digest_of(run)
    found = network.opened(run, digest)
    assert found.artefacts is None
    logits = model((found.x[:9] / 128.0).astype(np.float32), training=False).numpy()
    assert np.allclose(found.target.logits(found.x[:9]), logits, atol=1e-5)
    assert network.file_of(run) == run.folder / "float.npz"
    clean = cells.measured(cells.Cell(run, None, digest), lambda _: None)
    assert "flash_bytes" not in clean
    assert clean["accuracy"] == pytest.approx((found.right).mean(), abs=1e-6)
    fgsm = next(c for c in DIGITS.columns if c.name == "fgsm")
    cell = cells.measured(cells.Cell(run, fgsm, digest), lambda _: None)
    stands = cells.unpacked(cell["stands"], DIGITS.samples)
    assert cell["accuracy"] == pytest.approx(stands.mean(), abs=1e-6)
    assert not (stands & ~found.right).any()


def test_an_attack_is_judged_by_the_c_that_ships(tmp_path: Path) -> None:
    task = replace(DIGITS, mlperf="digits-stq-jr", samples=24)
    run = network.Run(task, Row(MLPERF, ""), 0, Place(None, None, tmp_path))
    digest = network.digest_of(run)
    found = network.opened(run, digest)
    assert found.artefacts is not None
    assert found.right.mean() > 0.8
    pgd = next(c for c in task.columns if c.name == "pgd")
    cell = cells.measured(cells.Cell(run, pgd, digest), lambda _: None)
    assert 0 <= cell["accuracy"] < found.right.mean()
    assert cell["inputs"] == 24
    assert (run.folder / "build").is_dir()
