"""A warm start: weights from a run, a file or the zoo, matched by name and shape, and said so."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tinyrob import data
from tinyrob import tf as tinyrob_tf
from tinyrob.cli.train import command
from tinyrob.errors import TrainingError
from tinyrob.models import recipe_file, run_folder, zoo
from tinyrob.training import checkpoints, session, to_zoo
from tinyrob.training.status import status

tf = tinyrob_tf.tensorflow()

from tinyrob.models import topologies  # noqa: E402
from tinyrob.training import weights  # noqa: E402

RECIPE = """
name = "tiny"
dataset = "digits"
seed = 3
topology = { stem = { filters = 4 }, stages = [{ filters = 4 }] }
quantizers = { kernel = 4 }

[training]
epochs = { warmup = 2, qat = 0, settle = 0 }
batch = 300
average = 0.5
average_from = "warmup"
"""


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    """A run of float epochs only, through the command line: its folder and what it printed."""
    folder = tmp_path_factory.mktemp("runs")
    recipe = folder / "tiny.toml"
    recipe.write_text(RECIPE)
    out = folder / "float"
    done = CliRunner().invoke(command, [str(recipe), "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out, done.stdout


def built(text=RECIPE, shape=(8, 8, 1), quantized=False):
    return topologies.build(recipe_file.parse(text), shape, 10, quantized)


def accuracy(model):
    dataset = data.load("digits")
    logits = model((dataset.x_test.astype(np.float32) - 128) / 128, training=False).numpy()
    return float((logits.argmax(1) == dataset.y_test).mean())


def test_float_epochs_alone_end_with_a_float_network(teacher):
    out, printed = teacher
    assert sorted(p.name for p in out.iterdir()) == [
        "checkpoint-00001.npz",
        "checkpoint-00002.npz",
        "float.npz",
        "history.json",
        "recipe.toml",
    ]
    assert f"a float network in {out}" in printed
    assert status(out).finished
    model = built()
    match = weights.start_from(model, weights.read(str(out / run_folder.FLOAT)))
    assert (match.lacking, match.other_shape, match.unused) == ([], [], [])
    told = json.loads((out / run_folder.HISTORY).read_text())[-1]["test_accuracy"]
    assert accuracy(model) == pytest.approx(told, abs=1e-6)  # averaged weights, their statistics


def test_a_folder_means_its_newest_checkpoints_averaged_weights(teacher):
    out, _ = teacher
    found = weights.read(str(out))
    assert found.file == out / "checkpoint-00002.npz"
    assert found.sha256 == hashlib.sha256(found.file.read_bytes()).hexdigest()
    final = weights.read(str(out / run_folder.FLOAT))
    assert found.arrays.keys() == final.arrays.keys()
    for name, array in final.arrays.items():
        if "moving" not in name:  # statistics are taken anew for the averaged weights
            assert (found.arrays[name] == array).all(), name


def test_a_run_starts_from_another_and_says_what_did_not_fit(teacher, tmp_path, capsys):
    out, _ = teacher
    text = RECIPE.replace("filters = 4 }]", "filters = 6 }]")
    text = text.replace("warmup = 2, qat = 0, settle = 0", "warmup = 0, qat = 1, settle = 0")
    recipe = tmp_path / "wider.toml"
    recipe.write_text(text + f'init = "{out / run_folder.FLOAT}"\n')
    run = tmp_path / "run"
    session.train(str(recipe), None, run)
    said = capsys.readouterr().err
    assert "init: 6 arrays taken by name and shape" in said
    assert "stage1_block1_conv1_kernel/kernel" in said
    assert "start at random, as their shape is another" in said
    card = to_zoo.add(run, "wider", folder=tmp_path / "zoo")
    digest = hashlib.sha256((out / run_folder.FLOAT).read_bytes()).hexdigest()
    assert card.init == {"from": str(out / run_folder.FLOAT), "sha256": digest, "arrays": 6}
    assert zoo.card("wider", tmp_path / "zoo").init == card.init
    assert checkpoints.read(run / "checkpoint-00001.npz").origins == {"init": card.init}


def test_a_resumed_run_needs_its_start_no_more(teacher, tmp_path):
    source = tmp_path / "start.npz"
    shutil.copyfile(teacher[0] / run_folder.FLOAT, source)
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(RECIPE.replace("warmup = 2", "warmup = 1") + f'init = "{source}"\n')
    session.train(str(recipe), None, tmp_path / "run")
    source.unlink()
    assert session.train(str(recipe), None, tmp_path / "run", resume=True).epochs == 1
    with pytest.raises(TrainingError, match="there is no file"):
        session.train(str(recipe), None, tmp_path / "other")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("name", ["digits-stq-jr", "speech-robust"])
def test_a_zoo_network_as_weights_freezes_to_the_same_numbers(name):
    """Ternary kernels and 4 bits, also of depthwise layers, whose quantizer has one scale."""
    from tinyrob.freeze import freeze

    frozen = zoo.load(name)
    classes = frozen.nodes[-1].kernel.shape[-1]
    recipe = recipe_file.parse(zoo.recipe_text(name))
    model = topologies.build(recipe, frozen.input.shape, classes, quantized=True)
    match = weights.start_from(model, weights.read(name))
    assert (match.lacking, match.other_shape, match.unused) == ([], [], [])
    for mine, theirs in zip(freeze(model, name, {}).nodes, frozen.nodes, strict=True):
        assert (mine.name, mine.grid) == (theirs.name, theirs.grid)
        if hasattr(mine, "kernel"):
            for part in ("kernel", "bias"):  # in real values: a zero channel may have any step
                a, b = (getattr(n, part) * np.exp2(n.log2_kernel * 1.0) for n in (mine, theirs))
                if part == "kernel" and "depthwise" in mine.name:
                    a, b = (n.kernel[..., 0] * np.exp2(n.log2_kernel * 1.0) for n in (mine, theirs))
                assert (a == b).all(), (mine.name, part)


def test_a_plain_networks_second_convolution_is_found():
    from tinyrob.freeze import freeze

    text = RECIPE.replace("stages", "residual = false, stages")
    model = built(text, quantized=True)
    arrays = weights.of_frozen(freeze(model, "plain", {}))
    match = weights.start_from(built(text), weights.Weights(arrays, Path("x"), ""))
    assert (match.lacking, match.other_shape, match.unused) == ([], [], [])


def test_weights_of_nothing_known_are_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, conv=np.zeros((3, 3)))
    with pytest.raises(TrainingError, match=r"nothing in .* fits this network") as caught:
        weights.start_from(built(), weights.read(str(path)))
    assert "it has conv; the network has" in caught.value.hint


def test_what_is_not_finite_is_refused(tmp_path):
    path = tmp_path / "nan.npz"
    kernel = np.full((3, 3, 1, 4), np.nan, np.float32)
    np.savez(path, **{"stem_kernel/kernel:0": kernel})
    with pytest.raises(TrainingError, match="stem_kernel/kernel is not finite"):
        weights.start_from(built(), weights.read(str(path)))


def test_a_source_that_is_none_is_refused(tmp_path):
    with pytest.raises(TrainingError, match=r"neither a run's folder nor an \.npz") as caught:
        weights.read("digits-robust")
    assert "digits-stq-jr" in caught.value.hint
    with pytest.raises(TrainingError, match="holds no weights: neither a checkpoint"):
        weights.read(str(tmp_path))
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(TrainingError, match=r"text\.npz holds no weights"):
        weights.read(str(tmp_path / "text.npz"))


def test_a_checkpoint_without_its_recipe_is_refused(teacher, tmp_path):
    path = tmp_path / "checkpoint-00002.npz"
    shutil.copyfile(teacher[0] / path.name, path)
    with pytest.raises(TrainingError, match=r"without its recipe\.toml"):
        weights.read(str(path))
    wide = RECIPE.replace("filters = 4 }]", "filters = 4, blocks = 2 }]")
    (tmp_path / "recipe.toml").write_text(wide)
    with pytest.raises(TrainingError, match=r"is not of the recipe\.toml beside it"):
        weights.read(str(path))


def test_long_lists_of_names_are_cut():
    sentences = weights.Match(3, list("abcdef"), [], ["z"]).sentences()
    assert sentences == [
        "3 arrays taken by name and shape",
        "a, b, c, d and 2 more start at random",
        "z of the source are not used",
    ]
