"""A detector of anomalies from arrays to a firmware: one score, everywhere."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from support.firmware import need
from support.libraries import STRICT
from support.on_board import run_library
from tinyrob import pipeline
from tinyrob.attack.settings import Settings
from tinyrob.certify import ask
from tinyrob.cli.run import command as run_command
from tinyrob.data import anomaly
from tinyrob.data.own.description import Description
from tinyrob.deployable import load_model
from tinyrob.errors import DataError, RecipeError, UnsupportedModel
from tinyrob.frozen.io import load_frozen
from tinyrob.models import recipe_file
from tinyrob.training.session import Session, train

RECIPE = """
name = "pump"
[dataset]
kind = "arrays"
path = "pump.npz"
range = [-1.0, 1.0]
split = { test = 0.25, validation = 0.2, seed = 1 }
[topology]
family = "autoencoder"
filters = [24, 6, 24]
[quantizers]
kernel = 5
[training]
batch = 16
epochs = { warmup = 6, qat = 0, settle = 2 }
learning_rate = { warmup = 5e-3, qat = 2e-3 }
[anomaly]
normal = "0"
false_alarms = 0.05
"""
COUNT = 6
ASK = """
static const int8_t inputs[] = {%s};
static unsigned char arena[PUMP_ARENA_BYTES] __attribute__((aligned(16)));
static int ask(uint32_t n, uint32_t *score)
{
    int32_t verdict = -1;
    const int32_t status = pump_predict(arena, inputs + n * PUMP_INPUT_BYTES, &verdict, score);
    return status == TR_OK && (verdict == 1) == (*score > PUMP_THRESHOLD) ? (int)verdict : -1;
}
"""
HOST = """#include <stdio.h>
#include "pump.h"
%s
int main(void)
{
    static const char *const names[PUMP_CLASSES] = PUMP_CLASS_NAMES;
    for (uint32_t n = 0; n < %d; n++) {
        uint32_t score = 0;
        const int verdict = ask(n, &score);
        printf("%%s %%u\\n", verdict < 0 ? "?" : names[verdict], (unsigned)score);
    }
    return 0;
}
"""
BOARD = """#include "pump.h"
#include "tr_port.h"
%s
int main(void);
int main(void)
{
    tr_port_start();
    for (uint32_t n = 0; n < %d; n++) {
        uint32_t score = 0;
        const uint8_t verdict = (uint8_t)ask(n, &score);
        tr_port_write(&verdict, 1);
        tr_port_write((const uint8_t *)&score, sizeof score);
    }
    tr_port_flush();
    tr_port_exit(0);
}
"""


@pytest.fixture(scope="module")
def pump(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Session]:
    """The folder of a trained detector's run, and its session."""
    where, dice = tmp_path_factory.mktemp("pump"), np.random.default_rng(0)
    time, phase = np.arange(16), dice.uniform(0, 2 * np.pi, (400, 1))
    x = 0.5 * np.sin(0.5 * time + phase) + dice.normal(0, 0.02, (400, 16))
    y = (dice.random(400) < 0.25).astype(np.int64)
    x[y == 1] = dice.uniform(-0.9, 0.9, ((y == 1).sum(), 16))
    np.savez(where / "pump.npz", x=np.clip(x, -1, 1).astype(np.float32), y=y)
    (where / "pump.toml").write_text(RECIPE)
    return where / "run", train(str(where / "pump.toml"), out=where / "run")


@pytest.fixture(scope="module")
def library(pump: tuple[Path, Session]) -> Path:
    out = pump[0].parent / "library"
    pipeline.load(pump[0]).build("stm32", out=out, app="none", name="pump")
    return out


@pytest.fixture(scope="module")
def scored(pump: tuple[Path, Session]) -> tuple[np.ndarray, np.ndarray, anomaly.Anomaly]:
    """Inputs, their scores by the frozen model, and the detector's threshold."""
    frozen = load_frozen(pump[0] / "frozen.npz")
    inputs = np.random.default_rng(3).integers(-128, 128, (COUNT, 16)).astype(np.int8)
    inputs[: COUNT // 2] //= 16
    from tinyrob.run.keras import KerasRunner

    with KerasRunner(frozen) as runner:
        outputs = runner.run(inputs).outputs
    known = anomaly.from_dict(frozen.metadata[anomaly.KEY], "pump")
    assert known is not None
    return inputs, anomaly.scores(inputs, outputs), known


def test_what_it_never_saw_scores_above_what_it_learned(pump: tuple[Path, Session]) -> None:
    done = pump[1]
    assert done.auc is not None
    assert done.auc > 0.9
    assert done.clean_accuracy > 0.75
    assert done.to_dict()["auc"] == done.auc


def test_the_threshold_is_that_of_normal_validation_inputs(pump: tuple[Path, Session]) -> None:
    from tinyrob.data import load
    from tinyrob.data.dataset import to_int8
    from tinyrob.run.keras import KerasRunner

    frozen = load_frozen(pump[0] / "frozen.npz")
    known = frozen.metadata[anomaly.KEY]
    source = pump[1].recipe.dataset
    assert isinstance(source, Description)
    whole = load(source)
    assert whole.x_validation is not None
    assert whole.y_validation is not None
    x = to_int8(whole.x_validation[whole.y_validation == 0])
    with KerasRunner(frozen) as runner:
        found = np.sort(anomaly.scores(x, runner.run(x).outputs))
    assert known["threshold"] == found[len(found) - 1 - int(0.05 * len(found))]


def test_the_host_scores_as_python_does(
    library: Path, scored: tuple[np.ndarray, np.ndarray, anomaly.Anomaly], tmp_path: Path
) -> None:
    need("gcc")
    inputs, scores, known = scored
    main, program = tmp_path / "main.c", tmp_path / "program"
    main.write_text(HOST % (ASK % ", ".join(map(str, inputs.ravel().tolist())), COUNT))
    source = library / "library" / "src"
    portable = pipeline.load(library.parent / "run").build(
        "cortex-m0plus", out=library.parent / "portable", app="none", name="pump"
    )
    source = portable.path / "library" / "src"
    sources = [main, *sorted(source.glob("*.c"))]
    flags = ["-std=c99", "-fsanitize=address,undefined", *STRICT, "-I", source]
    subprocess.run(["gcc", *flags, *sources, "-o", program], check=True)
    lines = subprocess.check_output([program], text=True).splitlines()
    names = [known.classes[one] for one in known.verdicts(scores)]
    assert lines == [f"{name} {score}" for name, score in zip(names, scores, strict=True)]
    assert len(set(names)) == 2, "one of the verdicts was not tried"


def test_the_emulated_board_scores_as_python_does(
    library: Path, scored: tuple[np.ndarray, np.ndarray, anomaly.Anomaly], tmp_path: Path
) -> None:
    inputs, scores, known = scored
    text = BOARD % (ASK % ", ".join(map(str, inputs.ravel().tolist())), COUNT)
    told = np.frombuffer(run_library(library, "stm32", text, tmp_path), np.uint8).reshape(-1, 5)
    assert told[:, 0].tolist() == known.verdicts(scores).tolist()
    assert told[:, 1:].copy().view("<u4").ravel().tolist() == scores.tolist()


def test_validate_run_and_report_judge_by_the_score(
    pump: tuple[Path, Session], tmp_path: Path
) -> None:
    need("arm-none-eabi-gcc", "qemu-system-arm", "cc")
    built = pipeline.load(pump[0]).build("stm32", out=tmp_path / "build")
    assert built.manifest.anomaly is not None
    found = built.validate(["tflm", "host", "qemu"])
    assert found.exact
    for compared in found.runners.values():
        assert compared.auc == pump[1].auc
        assert compared.accuracy == pump[1].clean_accuracy
    page = built.report(tmp_path / "report", found).html.read_text()
    assert f">{built.manifest.anomaly['threshold']:,}<" in page
    assert f">{pump[1].auc:.1%}<" in page
    told = CliRunner().invoke(run_command, [str(tmp_path / "build"), "--on", "host", "--json"])
    assert told.exit_code == 0, told.output
    values = json.loads(told.stdout)
    assert values["auc"] == pump[1].auc
    above = [score > built.manifest.anomaly["threshold"] for score in values["scores"]]
    assert [name == "anomaly" for name in values["predictions"]] == above
    with pytest.raises(DataError, match="the network has 2 verdicts"):
        built.run(np.zeros((2, 16), np.int8), labels=np.array([0, 2]))


def test_what_needs_classes_is_refused_by_name(pump: tuple[Path, Session], tmp_path: Path) -> None:
    model = load_model(str(pump[0]))
    with pytest.raises(UnsupportedModel, match="pump detects anomalies"):
        ask.certify(str(pump[0]), 1, 4, Settings())
    with pytest.raises(UnsupportedModel, match="pump detects anomalies"):
        pipeline.load(model).attack("standard", out=tmp_path / "attack")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('[anomaly]\nnormal = "0"\nfalse_alarms = 0.05\n', ""), "nothing says which"),
        (('"autoencoder"', '"mlp"'), "gives its input back"),
        (("validation = 0.2, ", ""), "chosen on validation data"),
        (("false_alarms = 0.05", "false_alarms = 0.9"), "anomaly.false_alarms"),
        (("batch = 16", "batch = 16\nlabel_smoothing = 0.1"), "label_smoothing: of"),
        (("[anomaly]", "[jacobian]\nlogits = 0.1\n[anomaly]"), "jacobian: of classes"),
        (("[anomaly]", "[adversarial]\nmethod = 'trades'\neps = 2\n[anomaly]"), "adversarial: of"),
    ],
)  # fmt: skip
def test_a_recipe_that_makes_no_detector_is_refused(change: tuple[str, str], told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        recipe_file.parse(RECIPE.replace(*change))


def test_a_class_without_validation_inputs_is_refused(tmp_path: Path) -> None:
    x, y = np.zeros((40, 16), np.float32), np.repeat([0, 1], 20)
    np.savez(tmp_path / "pump.npz", x=x, y=y)
    (tmp_path / "pump.toml").write_text(RECIPE.replace('normal = "0"', 'normal = "2"'))
    with pytest.raises(DataError, match="no class '2'"):
        train(str(tmp_path / "pump.toml"), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_data_of_one_class_are_for_a_detector_alone(tmp_path: Path) -> None:
    x = np.random.default_rng(1).uniform(-1, 1, (40, 16)).astype(np.float32)
    np.savez(tmp_path / "pump.npz", x=x, y=np.zeros(40, np.int64))
    text = RECIPE.replace('"autoencoder"', '"mlp"').partition("[anomaly]")[0]
    (tmp_path / "pump.toml").write_text(text)
    with pytest.raises(DataError, match="one class only, '0'") as caught:
        train(str(tmp_path / "pump.toml"), out=tmp_path / "run")
    assert "anomaly" in str(caught.value.hint)
