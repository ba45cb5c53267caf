"""Pictures in folders: what is read, how it is fitted and split, and all that can be wrong."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.own_data import SHAPES, load, pictures
from tinyrob.errors import DataError, RecipeError

TABLE = 'kind = "images"\npath = "pictures"\n'


def solid(path: Path, size: tuple[int, int], colour: object = 200, mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)


def two(tmp_path: Path, size: tuple[int, int] = (4, 4), count: int = 4) -> Path:
    for name in ("a", "b"):
        for number in range(count):
            solid(tmp_path / "pictures" / name / f"{number}.png", size)
    return tmp_path / "pictures"


def test_folders_are_classes_and_pixels_are_bytes(tmp_path: Path) -> None:
    pictures(tmp_path / "pictures")
    found = load(TABLE, tmp_path)
    assert found.classes == SHAPES
    assert (found.shape, found.x_train.dtype, found.form) == ((9, 9, 1), np.uint8, "pixels")
    assert (len(found.x_train), len(found.x_test)) == (15, 3)
    assert sorted(found.y_test) == [0, 1, 2]
    assert found.units is None
    again = load(TABLE, tmp_path)
    assert again.digest == found.digest


def test_what_is_added_leaves_the_others_in_their_split(tmp_path: Path) -> None:
    pictures(tmp_path / "pictures", each=20)
    before = {x.tobytes() for x in load(TABLE, tmp_path).x_test}
    solid(tmp_path / "pictures" / "bar" / "zz.png", (9, 9))
    after = {x.tobytes() for x in load(TABLE, tmp_path).x_test}
    assert len(before & after) >= len(before) - 1


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "bmp"])
def test_each_format_is_read(tmp_path: Path, ending: str) -> None:
    for name, grey in (("dark", 10), ("light", 240)):
        for number in range(2):
            solid(tmp_path / "pictures" / name / f"{number}.{ending}", (4, 4), grey)
    found = load(TABLE, tmp_path)
    (light,) = found.x_test[found.y_test == found.classes.index("light")]
    assert abs(int(light.mean()) - 240) <= 2


def test_mixed_sizes_are_cropped_padded_or_stretched_as_asked(tmp_path: Path) -> None:
    root = two(tmp_path)
    for folder in root.iterdir():
        for number in range(4):
            solid(folder / f"{number}.png", (12, 6), 255)
    shapes = {
        fit: load(f'{TABLE}size = [4, 4]\nfit = "{fit}"', tmp_path).x_test[0, ..., 0]
        for fit in ("crop", "pad", "stretch")
    }
    assert (shapes["crop"] == 255).all()
    assert (shapes["stretch"] == 255).all()
    assert (shapes["pad"][[0, 3]] == 0).all()
    assert (shapes["pad"][1:3] == 255).all()


def test_colours_transparency_palettes_and_sixteen_bits_become_bytes(tmp_path: Path) -> None:
    root = two(tmp_path, count=5)
    for folder in root.iterdir():
        solid(folder / "0.png", (4, 4), (250, 10, 20), "RGB")
        solid(folder / "1.png", (4, 4), (250, 10, 20, 0), "RGBA")
        solid(folder / "2.png", (4, 4), 3, "P")
        Image.fromarray(np.full((4, 4), 0x8000, np.uint16)).save(folder / "3.png")
        solid(folder / "4.png", (4, 4), (100, 0), "LA")
    found = load(f"{TABLE}channels = 3\nsplit.test = 0.4", tmp_path)
    values = {tuple(x[0, 0]) for x in np.concatenate([found.x_train, found.x_test])}
    assert {(250, 10, 20), (0, 0, 0), (128, 128, 128)} <= values


def test_groups_stay_whole(tmp_path: Path) -> None:
    root = pictures(tmp_path / "pictures", each=9)
    found = load(f'{TABLE}group = "{{group}}_*.png"\nsplit.test = 0.34', tmp_path)
    by_bytes = {
        np.asarray(Image.open(path)).tobytes(): path.name.partition("_")[0]
        for path in root.rglob("*.png")
    }
    train = {by_bytes[x.tobytes()] for x in found.x_train}
    test = {by_bytes[x.tobytes()] for x in found.x_test}
    assert len(test) == 1
    assert not train & test


def test_splits_may_be_folders_or_lists_of_files(tmp_path: Path) -> None:
    two(tmp_path / "x")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "x" / "pictures").rename(tmp_path / "pictures" / "learn")
    two(tmp_path / "y", count=2)
    (tmp_path / "y" / "pictures").rename(tmp_path / "pictures" / "exam")
    found = load(f'{TABLE}split = {{ train = "learn", test = "exam" }}', tmp_path)
    assert (len(found.x_train), len(found.x_test)) == (8, 4)
    root = tmp_path / "pictures" / "learn"
    (root / "exam.txt").write_text("a/0.png\nb/0.png\n")
    (root / "learn.txt").write_text("a/1.png\nb/1.png\n\na/2.png\n")
    listed = (
        f'kind = "images"\npath = "{root}"\nsplit = {{ train = "learn.txt", test = "exam.txt" }}'
    )
    found = load(listed, tmp_path)
    assert (len(found.x_train), len(found.x_test)) == (3, 2)


def test_classes_weigh_as_asked(tmp_path: Path) -> None:
    root = two(tmp_path, count=10)
    for number in range(10, 40):
        solid(root / "b" / f"{number}.png", (4, 4))
    balanced = load(f'{TABLE}class_weights = "balanced"', tmp_path)
    assert balanced.weights is not None
    counts = np.bincount(balanced.y_train)
    assert np.allclose(np.array(balanced.weights) * counts, counts.sum() / 2)
    named = load(f"{TABLE}class_weights = {{ a = 4.0 }}", tmp_path)
    assert named.weights is not None
    assert np.isclose(named.weights[0] / named.weights[1], 4.0)
    assert np.isclose(np.dot(named.weights, counts), counts.sum())


def bomb(path: Path) -> None:
    """A PNG of 30,000 x 30,000 pixels in a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def test_all_damaged_pictures_are_named_at_once(tmp_path: Path) -> None:
    root = two(tmp_path, (40, 40))
    dice = np.random.default_rng(0).integers(0, 255, (40, 40)).astype(np.uint8)
    Image.fromarray(dice).save(root / "a" / "0.png")
    cut = (root / "a" / "0.png").read_bytes()
    (root / "a" / "0.png").write_bytes(cut[: len(cut) // 2])
    (root / "a" / "1.png").write_bytes(b"not a picture")
    bomb(root / "b" / "1.png")
    with pytest.raises(DataError) as caught:
        load(TABLE, tmp_path)
    said = caught.value.message
    assert "3 things are wrong with the data" in said
    assert f"{root / 'a' / '0.png'}: it is damaged" in said
    assert f"{root / 'a' / '1.png'}: it is no picture (PNG, JPEG, WEBP, BMP)" in said
    assert f"{root / 'b' / '1.png'}: it has more than 67,108,864 pixels" in said or (
        f"{root / 'b' / '1.png'}: 30,000 x 30,000 are more than 67,108,864 pixels" in said
    )


def test_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    root = two(tmp_path, (8, 8))
    (root / "a" / "9.png").symlink_to("none.png")
    with pytest.raises(DataError) as caught:
        load(TABLE, tmp_path)
    assert caught.value.message == f"{root / 'a' / '9.png'}: No such file or directory"


def test_a_gif_or_a_text_under_another_name_is_not_read(tmp_path: Path) -> None:
    root = two(tmp_path)
    Image.new("L", (4, 4)).save(root / "a" / "x.gif")
    (root / "a" / "x.gif").rename(root / "a" / "x.png")
    with pytest.raises(DataError, match=r"x\.png: it is no picture"):
        load(TABLE, tmp_path)


def wrong_size(root: Path) -> None:
    solid(root / "a" / "0.png", (5, 4))


def one_picture(root: Path) -> None:
    for number in range(1, 4):
        (root / "a" / f"{number}.png").unlink()


def no_pictures(root: Path) -> None:
    for path in root.rglob("*.png"):
        path.rename(path.with_suffix(".tga"))


def nothing(root: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("spoil", "more", "said", "hint"),
    [
        (wrong_size, "", "the pictures have 2 different sizes: 4x5", "dataset.size"),
        (one_picture, "", "too few examples for 2 splits: 'a' has 1", "collect more"),
        (no_pictures, "", "no pictures below", ".png, .jpg"),
        (nothing, 'classes = ["a", "c"]', "has no pictures of the class 'c'", "a, b"),
        (nothing, 'group = "{group}-*.png"', "does not match dataset.group", "widen"),
        (nothing, 'group = "{group}.*"', None, None),
        (nothing, "class_weights = { c = 2 }", "there is no class 'c'", "a, b"),
        (nothing, 'split = { train = "a", test = "t" }', "no folders: there is one a class", ""),
        (nothing, 'split = { train = "l", test = "t" }', "has no folder 'l' for the train", ""),
        (nothing, 'split = { train = "../..", test = "t" }', "leads out of", "inside"),
        (nothing, 'split = { train = "l.txt", test = "t.txt" }', "cannot read the list", "CLASS"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, spoil, more, said, hint) -> None:
    root = two(tmp_path)
    spoil(root)
    if said is None:
        assert load(TABLE + more, tmp_path).classes == ("a", "b")
        return
    with pytest.raises(DataError) as caught:
        load(TABLE + more, tmp_path)
    assert said in caught.value.message
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("size = [4, 4, 4]", "dataset.size: must be a side or [height, width], is [4, 4, 4]"),
        ("size = 0", "dataset.size: must be in [1, 1024], is 0"),
        ("channels = 2", "dataset.channels: must be 1 (grey) or 3"),
        ('fit = "zoom"', "'zoom' is none of crop, pad, stretch"),
        ('group = "*.png"', "dataset.group: must have {group} once"),
        ("sise = 4", "dataset.sise: unknown key"),
        ("split.test = 1.5", "dataset.split.test: must be in [0.001, 0.999], is 1.5"),
        ("split = { test = 0.5, validation = 0.5 }", "leaves nothing to train on"),
        ('split = { test = "t" }', "dataset.split.train: must name what trains"),
        ('class_weights = "even"', "'even' is none of balanced"),
    ],
)
def test_an_impossible_table_is_refused(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load(TABLE + more, tmp_path)
    assert said in caught.value.message


def test_data_that_are_not_there_say_where_they_were_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(TABLE, tmp_path)
    assert str(tmp_path / "pictures") in caught.value.message
    assert "--data-dir" in (caught.value.hint or "")


def test_without_pillow_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    from tinyrob.errors import ToolMissing

    two(tmp_path)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ToolMissing, match="pictures are read by Pillow") as caught:
        load(TABLE, tmp_path)
    assert "[data]" in (caught.value.hint or "")
