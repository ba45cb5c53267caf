"""Arrays of any shape: the grid that floats get, splits, and every way arrays can be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support.own_data import load, table
from tinyrob.data.dataset import to_int8
from tinyrob.errors import DataError, RecipeError

TABLE = 'kind = "arrays"\npath = "x.npz"\n'


def save(tmp_path: Path, **arrays: object) -> None:
    y = np.arange(20) % 2
    np.savez(
        tmp_path / "x.npz", **{"x": np.arange(60, dtype=np.uint8).reshape(20, 3), "y": y} | arrays
    )  # type: ignore[arg-type]


def test_floats_get_a_grid_for_each_channel_measured_on_what_trains(tmp_path: Path) -> None:
    table(tmp_path / "x.npz")
    found = load(f'{TABLE}unit = "V"', tmp_path)
    assert found.units is not None
    assert found.classes == ("broken", "ok", "warm")
    assert (found.shape, found.form) == ((4,), "features")
    raw = dict(np.load(tmp_path / "x.npz"))
    steps = found.units.step
    values = found.units.values(to_int8(found.x_train))
    for row, value in zip(found.x_train, values, strict=True):
        gap = np.abs(raw["x"] - value)
        assert (gap <= steps / 2 + 1e-9).all(axis=1).any(), row
    # No finer step would hold what was seen.
    spans = np.ptp(values, axis=0)
    assert (spans > 100 * steps).all()


def test_a_stated_range_is_the_grid_whatever_was_seen(tmp_path: Path) -> None:
    x = np.linspace(-0.5, 0.5, 60).reshape(20, 3).astype(np.float32)
    save(tmp_path, x=x)
    found = load(f"{TABLE}range = [-1.0, 1.0]", tmp_path)
    assert found.units is not None
    assert (found.units.log2_step, found.units.offset) == ((-6,), (0.0,))
    assert np.abs(to_int8(found.x_train)).max() <= 33


def test_bytes_and_int8_are_taken_as_they_are(tmp_path: Path) -> None:
    save(tmp_path)
    assert load(TABLE, tmp_path).units is None
    q = np.arange(-30, 30, dtype=np.int8).reshape(20, 3)
    save(tmp_path, x=q)
    found = load(TABLE, tmp_path)
    rows = {row.tobytes() for row in to_int8(np.concatenate([found.x_train, found.x_test]))}
    assert rows == {row.tobytes() for row in q}


@pytest.mark.parametrize(
    ("shape", "form"),
    [((20, 4, 4, 3), "pixels"), ((20, 9, 2), "windows"), ((20, 5), "features")],
)
def test_any_shape_is_looked_at_in_its_way(
    tmp_path: Path, shape: tuple[int, ...], form: str
) -> None:
    save(tmp_path, x=np.zeros(shape, np.uint8))
    found = load(TABLE, tmp_path)
    assert (found.shape, found.form) == (shape[1:], form)


def test_splits_may_be_arrays_of_one_file_or_files_of_a_folder(tmp_path: Path) -> None:
    x, y = np.zeros((6, 3), np.uint8), np.array([0, 1, 0, 1, 0, 1])
    np.savez(tmp_path / "x.npz", x_train=x, y_train=y, x_test=x[:2], y_test=y[:2])
    named = 'split = { train = "train", test = "test" }'
    assert len(load(TABLE + named, tmp_path).x_test) == 2
    folder = tmp_path / "folder"
    folder.mkdir()
    np.savez(folder / "a.npz", x=x, y=y)
    np.savez(folder / "b.npz", x=x[:4], y=y[:4])
    named = 'kind = "arrays"\npath = "folder"\nsplit = { train = "a.npz", test = "b.npz" }'
    assert len(load(named, tmp_path).x_test) == 4
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    assert len(load('kind = "arrays"\npath = "folder"\nsplit.test = 0.34', tmp_path).x_test) == 2


def test_groups_stay_whole_and_both_classes_are_tested(tmp_path: Path) -> None:
    x = np.arange(60, dtype=np.uint8).reshape(60, 1)
    save(tmp_path, x=x, y=np.arange(60) % 2, who=np.repeat(np.arange(6), 10))
    found = load(f'{TABLE}group = "who"\nsplit = {{ test = 0.2, validation = 0.2 }}', tmp_path)
    assert found.x_validation is not None
    parts = [
        set((x[:, 0] // 10).tolist()) for x in (found.x_train, found.x_validation, found.x_test)
    ]
    assert [len(part) for part in parts] == [4, 1, 1]
    assert set.union(*parts) == set(range(6))


FLOATS = np.zeros((20, 3), np.float32)
NAN = np.where(np.arange(60).reshape(20, 3) == 31, np.nan, FLOATS)
Y = np.arange(20) % 2


@pytest.mark.parametrize(
    ("arrays", "more", "said", "hint"),
    [
        ({"x": NAN}, "", "x has NaN or infinite values in 1 rows, first in row 10", "nan_to_num"),
        ({"x": FLOATS + 9}, "range = [0, 5]", "from 9 to 9, outside the stated range [0, 5]", ""),
        ({"x": FLOATS[0]}, "", "x has the shape (3,)", "np.savez"),
        ({"x": FLOATS.astype(complex)}, "", "not plain numbers", "np.savez"),
        ({"x": np.array(["a"] * 20)[:, None]}, "", "x holds <U1, not numbers", "float32"),
        ({"y": Y[:5]}, "", "y has the shape (5,), not (20,)", "one for each"),
        ({"y": np.eye(2)[Y]}, "", "y has the shape (20, 2)", "y.argmax(1)"),
        ({"y": Y - 1}, "", "label -1 in row 0 is out of range", "class numbers are 0 to"),
        ({"y": Y * 2}, 'classes = ["a", "b"]', "label 2 in row 1 is out of range", "0 to 1"),
        ({"y": Y * 0.5}, "", "labels are float64, not class numbers", "one integer or text"),
        ({"y": np.array(["a", "b\n"])[Y]}, "", "holds control characters", "rename"),
        (
            {"y": np.array(["a", "b"])[Y]},
            'classes = ["a", "c"]',
            "row 1 is of the class 'b'",
            "a, c",
        ),
        ({}, 'x = "inputs"', "has no array 'inputs'; it has 'x', 'y'", "dataset.x"),
        ({}, 'group = "who"', "has no array 'who'", "dataset.group"),
        ({"who": Y * 0}, 'group = "who"', "1 group cannot fill 2 splits", "groups stay whole"),
        ({"who": Y}, 'group = "who"', "has an example of", "dataset.split.seed"),
        ({"x": FLOATS}, 'channels = ["a", "b"]', "dataset.channels names 2", "last axis"),
        ({"x": FLOATS}, 'unit = ["g", "V"]', "dataset.unit names 2", "last axis"),
        ({}, 'path = "y.npz"', "the data of the recipe are not there", "--data-dir"),
        ({}, 'split = { train = "train", test = "test" }', "has no array 'x_train'", "dataset.x"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arrays, more, said, hint) -> None:
    save(tmp_path, **arrays)
    text = TABLE.replace('path = "x.npz"\n', "") + more if "path" in more else TABLE + more
    with pytest.raises(DataError) as caught:
        load(text, tmp_path)
    assert said in caught.value.message
    assert hint in (caught.value.hint or "")


def test_an_empty_split_is_refused(tmp_path: Path) -> None:
    empty = np.zeros((0, 3), np.uint8)
    save(tmp_path, x_train=np.zeros((20, 3), np.uint8), y_train=Y, x_test=empty, y_test=Y[:0])
    with pytest.raises(DataError, match=r"x_test has the shape \(0, 3\)"):
        load(f'{TABLE}split = {{ train = "train", test = "test" }}', tmp_path)


def test_a_group_in_two_given_splits_is_refused(tmp_path: Path) -> None:
    x = np.zeros((4, 3), np.uint8)
    y, who = np.array([0, 1, 0, 1]), np.array(["ann", "bob", "ann", "bob"])
    parts = {"x_a": x, "y_a": y, "who_a": who, "x_b": x, "y_b": y, "who_b": who[[1, 1, 1, 1]]}
    save(tmp_path, **parts)
    with pytest.raises(DataError, match="the group 'bob' is in train and test") as caught:
        load(f'{TABLE}group = "who"\nsplit = {{ train = "a", test = "b" }}', tmp_path)
    assert "too good" in (caught.value.hint or "")


def test_objects_are_not_unpickled(tmp_path: Path) -> None:
    save(tmp_path, x=np.array([{}] * 20, object)[:, None])
    with pytest.raises(DataError, match="not plain numbers"):
        load(TABLE, tmp_path)


def test_a_range_the_wrong_way_round_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="with low below high"):
        load(f"{TABLE}range = [1, -1]", tmp_path)
