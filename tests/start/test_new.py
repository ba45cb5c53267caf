"""``tinyrob new``: each kind of data becomes a project that reads back; what is wrong is said."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from support.own_data import load as load_own
from support.own_data import motion, pictures, table, tones
from tinyrob import data
from tinyrob.boards.read import all_boards, find_board
from tinyrob.cli import new as verb
from tinyrob.data.own.description import Description
from tinyrob.errors import BoardError, DataError
from tinyrob.files import walk
from tinyrob.models import recipe_file
from tinyrob.models.own.plan import Plan
from tinyrob.start.network import SHARE, WIDTHS, sketch
from tinyrob.start.project import FILES, new
from tinyrob.validate import gate


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYROB_DATA", str(tmp_path / "cache"))


def described(folder: Path) -> Description:
    made = recipe_file.load(str(folder / "recipe.toml")).dataset
    assert isinstance(made, Description)
    return made


@pytest.mark.parametrize(
    ("make", "kind", "shape", "classes"),
    [
        (lambda at: pictures(at / "data"), "images", (9, 9, 1), ("bar", "column", "square")),
        (lambda at: motion(at / "data", 6), "windows", (8, 3), ("rest", "run", "walk")),
        (lambda at: tones(at / "data", 9), "audio", (49, 10, 1), ("high", "low", "noise")),
        (lambda at: table(at / "data.npz"), "arrays", (4,), ("broken", "ok", "warm")),
    ],
    ids=["images", "windows", "audio", "arrays"],
)
def test_a_look_at_the_data_gives_a_project_that_reads_back(
    tmp_path: Path, make, kind, shape, classes
) -> None:
    source = make(tmp_path)
    made = new(tmp_path / "project", source)
    assert (made.kind, made.classes) == (kind, classes)
    assert sorted(
        p.relative_to(tmp_path / "project").as_posix()
        for p in (tmp_path / "project").rglob("*")
        if p.is_file()
    ) == sorted(FILES)
    found = described(tmp_path / "project")
    assert found.path == f"../{source.name}"
    dataset = data.load(str(tmp_path / "project" / "recipe.toml"))
    assert (dataset.shape, dataset.classes) == (shape, classes)
    assert made.splits == {"train": len(dataset.x_train), "test": len(dataset.x_test)}
    opened = gate.open_gate(tmp_path / "project" / "gate.toml", None)
    assert opened is not None
    assert opened.exact


def test_groups_are_seen_in_columns_and_names(tmp_path: Path) -> None:
    new(tmp_path / "a", motion(tmp_path / "motion"))
    assert described(tmp_path / "a").options.group == "who"
    root = tones(tmp_path / "tones", 18)
    for index, path in enumerate(sorted(root.rglob("*.wav"))):
        path.rename(path.with_name(f"voice{index % 6}_{path.name}"))
    new(tmp_path / "b", root)
    assert described(tmp_path / "b").options.group == "{group}_*.wav"


def test_folders_of_splits_are_seen(tmp_path: Path) -> None:
    pictures(tmp_path / "data" / "train")
    pictures(tmp_path / "data" / "val", 2)
    pictures(tmp_path / "data" / "test", 3)
    made = new(tmp_path / "project", tmp_path / "data")
    assert made.splits == {"train": 18, "validation": 6, "test": 9}
    np.savez(tmp_path / "x.npz", **{f"{a}_{s}": v for s in ("train", "test") for a, v in (
        ("x", np.zeros((6, 2), np.uint8)), ("y", np.arange(6) % 2))})  # fmt: skip
    assert new(tmp_path / "other", tmp_path / "x.npz").splits == {"train": 6, "test": 6}


def test_unlike_classes_are_weighed(tmp_path: Path) -> None:
    root = pictures(tmp_path / "data", 12)
    for path in sorted((root / "bar").iterdir())[3:]:
        path.unlink()
    new(tmp_path / "project", root)
    assert described(tmp_path / "project").class_weights == "balanced"


def test_large_pictures_are_made_small(tmp_path: Path) -> None:
    new(tmp_path / "project", pictures(tmp_path / "data", size=(90, 120)))
    assert described(tmp_path / "project").options.size == (32, 32)


def test_the_board_is_heeded_and_json_says_what_was_made(tmp_path: Path) -> None:
    source = pictures(tmp_path / "data")
    arguments = [str(tmp_path / "p"), "--data", str(source), "--board", "nucleo_g0b1re", "--json"]
    done = CliRunner().invoke(verb.command, arguments)
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["board"] == "nucleo_g0b1re"
    assert said["recipe"] == str(tmp_path / "p" / "recipe.toml")
    assert "--target nucleo_g0b1re" in (tmp_path / "p" / "README.md").read_text()
    with pytest.raises(BoardError, match="no board 'pdp11'"):
        new(tmp_path / "q", source, "pdp11")
    assert not (tmp_path / "q").exists()


def test_nothing_is_replaced_and_nothing_half_written(tmp_path: Path) -> None:
    source = pictures(tmp_path / "data")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "gate.toml").write_text("mine")
    with pytest.raises(DataError, match=r"holds gate\.toml already"):
        new(folder, source)
    assert [p.name for p in folder.iterdir()] == ["gate.toml"]
    (source / "bar" / "zz.png").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"zz\.png: it is no picture"):
        new(tmp_path / "other", source)
    assert not (tmp_path / "other").exists()
    (folder / "gate.toml").unlink()
    (source / "bar" / "zz.png").unlink()
    (folder / "notes.txt").write_text("mine")
    new(folder, source)
    assert (folder / "notes.txt").read_text() == "mine"


def test_what_a_killed_call_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    source = pictures(tmp_path / "data")
    program = (
        "import os, pathlib, sys; from tinyrob.start.project import new\n"
        "pathlib.Path.rename = lambda *_: os._exit(9)\n"
        "new(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "project"), str(source)]
    assert subprocess.run(command).returncode == 9
    assert len(list(tmp_path.iterdir())) == 2
    new(tmp_path / "project", source)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data", "project"]


def test_a_folder_that_a_killed_call_has_begun_to_fill_is_filled_by_the_next(
    tmp_path: Path,
) -> None:
    source, folder = pictures(tmp_path / "data"), tmp_path / "project"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    program = (
        "import os, pathlib, sys; from tinyrob.start.project import new\n"
        "real = pathlib.Path.replace\n"
        "def replace(path, to):\n"
        "    os._exit(9) if to.name == 'README.md' else real(path, to)\n"
        "pathlib.Path.replace = replace\n"
        "new(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", program, str(folder), str(source)]
    assert subprocess.run(command).returncode == 9
    assert (folder / "recipe.toml").exists()
    new(folder, source)
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        [".github", "README.md", "gate.toml", "notes.txt", "recipe.toml"]
    )


def test_a_folder_of_everything_is_not_searched_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = pictures(tmp_path / "data")
    new(tmp_path / "project", source)
    monkeypatch.setattr(walk, "MOST_ENTRIES", 5)
    with pytest.raises(DataError, match=r"data holds more than 5 files and folders"):
        new(tmp_path / "other", source)
    with pytest.raises(DataError, match=r"data holds more than 5 files and folders"):
        data.load(described(tmp_path / "project"))


HOSTILE = 'a"\\b{{ 7*7 }} ${X} # [x]'


def test_names_in_the_data_stay_names(tmp_path: Path) -> None:
    source = pictures(tmp_path / HOSTILE)
    (source / "bar").rename(source / f"{HOSTILE} bar")
    new(tmp_path / "project", source)
    found = described(tmp_path / "project")
    assert found.path == f"../{HOSTILE}"
    assert f"{HOSTILE} bar" in data.load(found).classes


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda at: at / "nothing", "there is no file or folder"),
        (lambda at: at / "empty", "holds no data that tinyrob knows"),
        (lambda at: at / "notes.txt", "holds no data that tinyrob knows"),
        (lambda at: at / "no_label.csv", "has no column that could be its class"),
        (lambda at: at / "broken.npz", "holds no arrays"),
        (lambda at: Path(os.devnull), "is a device or a pipe"),
        (lambda at: at / "five.npz", "has inputs of shape (2, 2, 2, 2)"),
    ],
)
def test_what_is_no_data_is_said(tmp_path: Path, make, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "no_label.csv").write_text("ax,ay\n1,2\n3,4\n")
    (tmp_path / "broken.npz").write_bytes(b"PK")
    np.savez(tmp_path / "five.npz", x=np.zeros((8, 2, 2, 2, 2), np.uint8), y=np.arange(8) % 2)
    with pytest.raises(DataError) as caught:
        new(tmp_path / "project", make(tmp_path))
    assert said in caught.value.message
    assert not (tmp_path / "project").exists()


SHAPES = {
    (30,): ("features", "mlp"),
    (128, 6): ("windows", "conv1d"),
    (4, 1): ("windows", "conv1d"),
    (49, 10, 1): ("spectrum", "dscnn"),
    (8, 8, 1): ("pixels", "stq"),
    (32, 32, 3): ("pixels", "stq"),
    (96, 96, 1): ("pixels", "stq"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_network_stays_within_half_a_board_or_is_the_narrowest(shape: tuple[int, ...]) -> None:
    form, family = SHAPES[shape]
    for board in all_boards():
        drawn = sketch(shape, form, 5, board)
        assert drawn.width in WIDTHS
        assert f'family = "{family}"' in drawn.lines or family == "stq"
        if drawn.width > WIDTHS[-1]:
            assert drawn.weights <= SHARE * board.flash_bytes
            assert drawn.activations <= SHARE * board.ram_bytes
    boards = map(find_board, ("nucleo_g0b1re", "nucleo_h743zi"))
    small, large = (sketch(shape, form, 5, board) for board in boards)
    assert small.width <= large.width
    few = sketch(shape, form, 5, find_board("nucleo_h743zi"), 100)
    assert few.width == 64 if family in ("mlp", "dscnn") else few.width <= 16


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sketch_costs_about_what_its_network_does(shape: tuple[int, ...]) -> None:
    from tinyrob import passes
    from tinyrob.deployable import as_deployable
    from tinyrob.models import topologies
    from tinyrob.network.to_network import to_network

    drawn = sketch(shape, SHAPES[shape][0], 5, find_board("nucleo_g0b1re"))
    text = 'name = "x"\ndataset = "arrays"\n[topology]\n' + "\n".join(drawn.lines)
    recipe = recipe_file.parse(text + "\n[quantizers]\nkernel = 4\n[training]\nepochs.qat = 1\n")
    made = as_deployable(topologies.build(recipe, shape, 5))
    assert made.exact
    layers = to_network(passes.simplified(made.graph)).layers
    assert sum(layer.spec.macs for layer in layers) == pytest.approx(drawn.macs, rel=0.25)


def test_data_move_with_their_project(tmp_path: Path) -> None:
    pictures(tmp_path / "here" / "data")
    new(tmp_path / "here" / "project", tmp_path / "here" / "data")
    shutil.move(tmp_path / "here", tmp_path / "there")
    found = described(tmp_path / "there" / "project")
    assert load_own(
        f'kind = "images"\npath = "{found.path}"', tmp_path / "there" / "project"
    ).shape == (9, 9, 1)


def small_keras(path: Path, shape: tuple[int, ...], classes: int, *, scaled: bool = False) -> Path:
    """A float model of Keras 2, as a user has it."""
    from tinyrob import tf

    layers = tf.keras().layers
    first = [layers.Rescaling(1 / 255.0)] if scaled else []
    body = [layers.Conv2D(4, 3, activation="relu"), layers.Flatten()] if len(shape) == 3 else []
    ends = [*first, *body, layers.Dense(classes, activation="softmax", name="classes")]
    tf.keras().Sequential([layers.InputLayer(shape), *ends]).save(path)
    return path


def test_a_keras_model_becomes_the_projects_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source, model = pictures(tmp_path / "data"), small_keras(Path("mine.h5"), (9, 9, 1), 3)
    options = ["project", "--data", str(source), "--keras", str(model)]
    told = CliRunner().invoke(verb.command, options)
    assert told.exit_code == 0, told.output
    text = (tmp_path / "project" / "recipe.toml").read_text()
    assert 'keras = "../mine.h5"' in text
    assert "input = [0.0, 1.0]" in text
    plan = recipe_file.load("project/recipe.toml").topology
    assert isinstance(plan, Plan)
    assert plan.origin is not None
    assert any(name.startswith("classes") for name in plan.origin.weights)


def test_a_models_input_is_what_the_data_say(tmp_path: Path) -> None:
    source = table(tmp_path / "data.npz")
    model = small_keras(tmp_path / "mine.h5", (4,), 3)
    new(tmp_path / "project", source, keras=str(model))
    units = data.load(str(tmp_path / "project" / "recipe.toml")).units
    assert units is not None
    low = units.offset[0] - 128 * float(units.step[0])
    text = (tmp_path / "project" / "recipe.toml").read_text()
    alike = len(set(units.log2_step)) == 1 and len(set(units.offset)) == 1
    assert (f"\ninput = [{low!r}, " in text) == alike
    rescaled = small_keras(tmp_path / "scaled.h5", (9, 9, 1), 3, scaled=True)
    new(tmp_path / "other", pictures(tmp_path / "pictures"), keras=str(rescaled))
    assert "\ninput" not in (tmp_path / "other" / "recipe.toml").read_text()


@pytest.mark.parametrize(
    ("shape", "classes", "words"),
    [((8, 9, 1), 3, r"reads inputs of \(8, 9, 1\), and the data are"), ((9, 9, 1), 4, "4 classes")],
)
def test_a_model_for_other_data_is_refused(
    tmp_path: Path, shape: tuple[int, ...], classes: int, words: str
) -> None:
    model = small_keras(tmp_path / "mine.h5", shape, classes)
    with pytest.raises(DataError, match=words):
        new(tmp_path / "project", pictures(tmp_path / "data"), keras=str(model))
    assert not (tmp_path / "project").exists()


def test_data_of_one_class_make_a_detector_and_so_does_a_normal_one(tmp_path: Path) -> None:
    root = pictures(tmp_path / "data", 12)
    new(tmp_path / "some", root, normal="column")
    for name in ("bar", "square"):
        shutil.rmtree(root / name)
    made = new(tmp_path / "one", root)
    assert made.classes == ("column",)
    for folder in ("one", "some"):
        recipe = recipe_file.load(str(tmp_path / folder / "recipe.toml"))
        assert recipe.anomaly is not None
        assert recipe.anomaly.normal == "column"
        assert data.load(recipe.dataset).x_validation is not None
        texts = {name: (tmp_path / folder / name).read_text() for name in FILES}
        assert not any("tinyrob attack" in text for text in texts.values())
        opened = gate.open_gate(tmp_path / folder / "gate.toml", None)
        assert opened is not None
        assert opened.exact
    with pytest.raises(DataError, match="no class 'bra'"):
        new(tmp_path / "other", pictures(tmp_path / "more"), normal="bra")
