"""Windows of sensor channels: how recordings are cut, what never leaks, what can be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support.own_data import load, motion
from tinyrob.data.dataset import to_int8
from tinyrob.data.own import rows
from tinyrob.errors import DataError, ToolMissing

TABLE = 'kind = "windows"\npath = "motion"\nwindow = 10\nlabel = "activity"\n'


def column(x: np.ndarray) -> np.ndarray:
    return np.asarray(x)[..., 0]


def counted(folder: Path, rows: int = 60) -> None:
    """Two classes whose only channel counts rows: a value says where it was recorded."""
    folder.mkdir(parents=True)
    for number, name in enumerate(("a", "b")):
        lines = [f"{number * rows + row},{name}" for row in range(rows)]
        (folder / f"{name}.csv").write_text("n,activity\n" + "\n".join(lines) + "\n")


def test_windows_are_channels_over_time(tmp_path: Path) -> None:
    motion(tmp_path / "motion")
    found = load(f'{TABLE}group = "who"\nunit = ["g", "g", "deg/s"]', tmp_path)
    assert found.classes == ("rest", "run", "walk")
    assert (found.shape, found.form) == ((10, 3), "windows")
    assert found.units is not None
    assert found.units.names == ("ax", "ay", "gz")
    assert found.units.unit == ("g", "g", "deg/s")
    # 3 activities of 60 rows, a window every 5: 11 each; one of four people tests.
    assert (len(found.x_train), len(found.x_test)) == (3 * 33, 33)


def test_no_row_is_both_trained_on_and_tested(tmp_path: Path) -> None:
    counted(tmp_path / "motion")
    found = load(f"{TABLE}stride = 1\nrange = [-128, 127]", tmp_path)
    rows = {
        name: set(np.unique(to_int8(x)).tolist())
        for name, x in (("train", found.x_train), ("test", found.x_test))
    }
    assert rows["train"]
    assert rows["test"]
    assert not rows["train"] & rows["test"]
    assert max(rows["train"] & set(range(60))) < min(rows["test"] & set(range(60)))


def test_no_window_reaches_over_a_change_of_class_group_or_file(tmp_path: Path) -> None:
    folder = tmp_path / "motion"
    folder.mkdir()
    labels = ["a"] * 12 + ["b"] * 12 + ["a"] * 9 + ["b"] * 12
    people = ["p"] * 24 + ["q"] * 21
    lines = [
        f"{n},{label},{who}" for n, (label, who) in enumerate(zip(labels, people, strict=True))
    ]
    (folder / "x.csv").write_text("n,activity,who\n" + "\n".join(lines))
    (folder / "y.csv").write_text("n,activity,who\n" + "\n".join(f"{n},a,q" for n in range(60, 70)))
    found = load(
        f'{TABLE}stride = 1\ngroup = "who"\nrange = [-128, 127]\nsplit.test = 0.5', tmp_path
    )
    cut = np.concatenate([found.x_train, found.x_test])
    starts = sorted(to_int8(column(cut))[:, 0].tolist())
    assert starts == [0, 1, 2, 12, 13, 14, 33, 34, 35, 60]


def test_a_folder_a_class_and_files_that_stay_whole(tmp_path: Path) -> None:
    for name, low in (("calm", 0), ("wild", 100)):
        (tmp_path / "motion" / name).mkdir(parents=True)
        for number in range(4):
            values = "\n".join(str(low + number) for _ in range(30))
            (tmp_path / "motion" / name / f"{number}.csv").write_text("n\n" + values)
    text = 'kind = "windows"\npath = "motion"\nwindow = 10\nby = "file"\nrange = [-128, 127]'
    found = load(f"{text}\nsplit.test = 0.25", tmp_path)
    assert found.classes == ("calm", "wild")
    train, test = (set(np.unique(to_int8(x)).tolist()) for x in (found.x_train, found.x_test))
    assert not train & test
    assert (len(train), len(test)) == (6, 2)


def test_splits_may_be_patterns_of_files(tmp_path: Path) -> None:
    motion(tmp_path / "motion")
    named = 'split = { train = ["person0.csv", "person[12].csv"], test = "person3.csv" }'
    found = load(TABLE + named, tmp_path)
    assert (len(found.x_train), len(found.x_test)) == (99, 33)


@pytest.mark.parametrize("head", ["ax;ay;activity", "ax\tay\tactivity", "\ufeffax,ay,activity"])
def test_other_separators_and_a_byte_order_mark_are_read(tmp_path: Path, head: str) -> None:
    sep = next(c for c in ";\t," if c in head)
    rows = "\n".join(sep.join((str(n), str(n + 1), "ab"[n // 50])) for n in range(100))
    (tmp_path / "m.csv").write_text(f"{head}\n{rows}\n", encoding="utf-8")
    text = 'kind = "windows"\npath = "m.csv"\nwindow = 5\nlabel = "activity"'
    assert load(text, tmp_path).shape == (5, 2)


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    csv = pytest.importorskip("pyarrow.csv")
    motion(tmp_path / "motion")
    same = load(f'{TABLE}group = "who"', tmp_path)
    for path in (tmp_path / "motion").iterdir():
        parquet.write_table(csv.read_csv(path), path.with_suffix(".parquet"))
        path.unlink()
    found = load(f'{TABLE}group = "who"', tmp_path)
    assert (np.sort(found.x_train, axis=0) == np.sort(same.x_train, axis=0)).all()
    (tmp_path / "motion" / "person0.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"person0\.parquet is no Parquet file"):
        load(f'{TABLE}group = "who"', tmp_path)


def test_a_parquet_file_that_grows_is_refused_or_shared(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    tall = arrow.table({"a": arrow.array(np.zeros(rows.ROWS + 1, np.int8))})
    parquet.write_table(tall, tmp_path / "tall.parquet", compression="zstd")
    assert (tmp_path / "tall.parquet").stat().st_size < 1 << 20
    with pytest.raises(DataError, match="more than 5,000,000 rows, or 50,000,000 cells"):
        rows.read(tmp_path / "tall.parquet")
    texts = arrow.table({"a": [1, None, 3], "who": ["x" * 99, None, "x" * 99]})
    parquet.write_table(texts, tmp_path / "texts.parquet")
    found = rows.read(tmp_path / "texts.parquet").columns
    assert found["who"] == ["x" * 99, "", "x" * 99]
    assert found["who"][0] is found["who"][2]  # there once, however often it comes
    with pytest.raises(DataError, match=r"texts\.parquet:1: 'a' is NaN"):
        rows.read(tmp_path / "texts.parquet").numbers(["a"], "channels")


def test_without_pyarrow_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    (tmp_path / "m.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ToolMissing, match="Parquet files are read by pyarrow") as caught:
        load('kind = "windows"\npath = "m.parquet"\nwindow = 5\nlabel = "a"', tmp_path)
    assert "[parquet]" in (caught.value.hint or "")


ROWS = "\n".join(f"{n},{n},{'ab'[n // 20 % 2]},w{n // 40}" for n in range(80))
HEAD = "ax,ay,activity,who\n"


@pytest.mark.parametrize(
    ("text", "more", "said", "hint"),
    [
        (
            HEAD + ROWS,
            'channels = ["ax", "az"]',
            "m.csv has no column 'az'; it has 'ax', 'ay'",
            "dataset.channels",
        ),
        (HEAD + ROWS, 'label = "kind"', "m.csv has no column 'kind'", "dataset.label"),
        (HEAD + ROWS, 'group = "person"', "m.csv has no column 'person'", "dataset.group"),
        (HEAD + ROWS + "\n7,nan,a,w1", "", "m.csv:82: 'ay' is NaN", "1 such cells"),
        (HEAD + ROWS + "\n7,,a,w1", 'channels = ["ax", "ay"]', "m.csv:82: 'ay' holds ''", "not"),
        (HEAD + ROWS + "\n7,x,a,w1", "", "m.csv:82: 'ay' holds 'x', not a number", "mend"),
        (HEAD + ROWS + "\n7,7,a", "", "m.csv:82: 3 cells, and the first line has 4", "mend"),
        (HEAD + ROWS + "\n7,7,,w1", "", "m.csv:82: the column 'activity' is empty", "fill"),
        (
            HEAD + ROWS,
            "window = 50",
            "no recording is as long as a window of 50 rows: the longest has 20",
            "lower",
        ),
        (
            HEAD + ROWS,
            "window = 15",
            "too short to be cut in time: 'a' has no window",
            "dataset.by",
        ),
        (HEAD + ROWS, 'classes = ["a", "c"]', "the class 'b' is not in dataset.classes", "a, c"),
        (
            HEAD + ROWS,
            'group = "who"\nwindow = 5\nsplit = { test = 0.3, validation = 0.3 }',
            "2 groups cannot fill 3",
            "record more",
        ),
        ("0,1,a,w\n" + ROWS, "", "has no column 'activity'", "first line"),
        ("1,2\n3,4", "", "its first line holds numbers", "ax,ay,az,label"),
        ("ax,ax\n1,2", "", "its first line names 'ax' twice", "each in its own way"),
        ("", "", "names no columns", "first line"),
        ("a\x1b[31m,b\n1,2", "", r"the column 'a\x1b[31m' holds control characters", "another"),
        (",".join(map("c{}".format, range(10_001))), "", "10,001 columns, more than", "its side"),
        (HEAD, "", "m.csv has no rows", "first line"),
        (
            HEAD + '"' + "x" * 5000 + '",1,a,w\n',
            "",
            "m.csv:2: field larger than field limit",
            "mend",
        ),
        (
            HEAD + ROWS,
            "range = [0, 10]\nwindow = 4",
            "outside the stated range [0, 10]",
            "leave it out",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, text, more, said, hint) -> None:
    (tmp_path / "m.csv").write_text(text)
    keys = {"kind": '"windows"', "path": '"m.csv"', "window": "10", "label": '"activity"'}
    keys |= dict(line.split(" = ", 1) for line in more.splitlines())
    with pytest.raises(DataError) as caught:
        load("\n".join(f"{key} = {value}" for key, value in keys.items()), tmp_path)
    assert said in caught.value.message
    assert hint in f"{caught.value.message} {caught.value.hint}"


def test_a_file_or_a_person_in_two_splits_is_refused(tmp_path: Path) -> None:
    motion(tmp_path / "motion")
    with pytest.raises(DataError, match=r"person1\.csv is in two splits: train and test"):
        load(f'{TABLE}split = {{ train = "*.csv", test = "person1.csv" }}', tmp_path)
    one = tmp_path / "motion" / "person1.csv"
    one.write_text(one.read_text().replace("p1", "p0"))
    named = 'split = { train = ["person0.csv", "person2.csv"], test = "person1.csv" }'
    with pytest.raises(DataError, match="the group 'p0' is in train and test"):
        load(f'{TABLE}group = "who"\n{named}', tmp_path)
    with pytest.raises(DataError, match="no table matches 'p9"):
        load(f'{TABLE}split = {{ train = "*.csv", test = "p9.csv" }}', tmp_path)


def test_a_file_in_no_folder_has_no_class(tmp_path: Path) -> None:
    motion(tmp_path / "motion")
    with pytest.raises(DataError, match="lies in no folder that would be its class"):
        load('kind = "windows"\npath = "motion"\nwindow = 10', tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(DataError, match=r"m\.csv is not UTF-8 text"):
        load('kind = "windows"\npath = "m.csv"\nwindow = 10', tmp_path)
