"""Pictures sent as a camera would: the same picture and outputs in NumPy, on the host, in QEMU."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.firmware import need, small, stored
from support.listeners import built, built_to_look, looker, looking
from support.wires import Wire
from tinyrob.build.job import build
from tinyrob.cli import main
from tinyrob.data.dataset import to_int8
from tinyrob.data.own.images import load
from tinyrob.data.own.split import Split
from tinyrob.deployable import Deployable, from_frozen
from tinyrob.errors import BuildError, CheckFailed, DataError, RunnerError
from tinyrob.features import camera
from tinyrob.listen import frames
from tinyrob.listen.ask import start
from tinyrob.listen.lines import Lines
from tinyrob.listen.tables import read_front
from tinyrob.project.build_folder import BuildFolder, SerialOptions, open_build
from tinyrob.run.child import Child
from tinyrob.run.link import Peer


def child(peer: Peer) -> Child:
    assert isinstance(peer, Child)
    return peer


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    """Two pictures of other sizes than the network's."""
    generator = np.random.default_rng(5)
    paths = [tmp_path / "wide.png", tmp_path / "small.png"]
    for path, size in zip(paths, ((20, 31, 3), (5, 8, 3)), strict=True):
        Image.fromarray(generator.integers(0, 256, size, dtype=np.uint8)).save(path)
    return paths


@pytest.mark.parametrize("form", camera.FORMATS)
def test_the_hosts_program_sees_what_the_reference_sees(form: str, images: list[Path]) -> None:
    need("cc")
    seen = frames.look(built_to_look(), images, "host", form)
    assert seen == frames.look(built_to_look(), images, "reference", form)
    assert len({one.picture for one in seen}) == 2
    frames.check(built_to_look(), images, form, seen)


def test_the_firmware_in_qemu_sees_what_the_reference_sees(images: list[Path]) -> None:
    need("qemu-system-arm", "arm-none-eabi-gcc")
    seen = frames.look(built_to_look(), images, "qemu")
    assert seen == frames.look(built_to_look(), images, "reference")


@contextlib.contextmanager
def on_a_wire() -> Iterator[tuple[Wire, BuildFolder]]:
    """The app on this machine as a board on a serial port, and its folder with that port."""
    with Wire(lambda: child(start(built_to_look(), "host", "look"))) as wire:
        yield wire, dataclasses.replace(built_to_look(), serial=SerialOptions(wire.port))


def test_a_board_on_a_serial_port_sees_what_the_reference_sees(
    images: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    need("cc")
    monkeypatch.setattr("tinyrob.listen.frames._ANSWERS_WITHIN", 60.0)
    expected = frames.look(built_to_look(), images, "reference")
    with on_a_wire() as (wire, board):
        assert frames.look(board, images, "serial") == expected
        # A session that ended in the middle of a row, and one in the middle of a frame.
        for rest in (b"R" + bytes(9), b"R" + bytes(62)):
            wire.board.write(b"TRF\0" + np.array([31, 20], "<u2").tobytes() + rest, 1.0)
            assert frames.look(board, images, "serial") == expected


def test_a_board_that_greets_again_has_lost_nothing(
    images: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    need("cc")
    monkeypatch.setattr("tinyrob.listen.frames._ANSWERS_WITHIN", 60.0)
    monkeypatch.setattr("tinyrob.listen.frames._ASKS", b"HH")  # as one does that has just started
    expected = frames.look(built_to_look(), images, "reference")
    with on_a_wire() as (_, board):
        assert frames.look(board, images, "serial") == expected


def test_a_board_that_does_not_look_is_reset_once_then_given_up(
    images: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    need("sleep")
    monkeypatch.setattr("tinyrob.run.serial._BREAK_SECONDS", 0.01)
    monkeypatch.setattr("tinyrob.listen.frames._ANSWERS_WITHIN", 0.2)
    with Wire(lambda: Child("nobody", ["sleep", "60"])) as wire:
        board = dataclasses.replace(built_to_look(), serial=SerialOptions(wire.port))
        with pytest.raises(RunnerError, match="says nothing for 0 s, nor after a reset") as caught:
            frames.look(board, images, "serial")
    assert "tinyrob flash" in (caught.value.hint or "")


def test_frames_that_cannot_be_taken_are_refused_and_the_next_is_seen() -> None:
    need("cc")
    peer = start(built_to_look(), "host", "look")
    try:
        lines = Lines(peer, 60.0)
        assert lines.next().startswith("looking model ")
        for head in (b"TRF\x09\x01\0\x01\0", b"TRF\0\x01\x08\x01\0", b"TRF\0\0\0\x01\0"):
            lines.write(b"noise" + head)
            assert lines.next().startswith("refused: ")
        lines.write(b"H")
        assert lines.next().startswith("looking model ")
    finally:
        peer.stop()


def test_formats_keep_colours_within_their_resolution() -> None:
    rgb = np.random.default_rng(3).integers(0, 256, (6, 10, 3), dtype=np.uint8)
    for form, step in (("rgb888", 0), ("rgb565", 7), ("rgb565_be", 7)):
        again = camera.colours(camera.raw_of(rgb, form), form)
        assert np.abs(again.astype(int) - rgb).max() <= step
    assert (camera.luma(camera.raw_of(rgb, "yuv422"), "yuv422") == camera.grey(rgb)).all()


def test_the_command_tells_what_it_saw(
    images: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    need("cc")
    arguments = [x for path in images for x in ("--image", str(path))]
    main(["look", str(built_to_look().path), *arguments, "--json", "--check"])
    told = json.loads(capsys.readouterr().out)
    expected = frames.look(built_to_look(), images, "reference")
    assert told["seen"] == [one.to_dict() for one in expected]
    main(["look", str(built_to_look().path), *arguments])
    assert f"{images[0]}  class " in capsys.readouterr().out


def test_a_difference_is_told_with_its_file(images: list[Path]) -> None:
    seen = frames.look(built_to_look(), images, "reference")
    seen[1] = dataclasses.replace(seen[1], logits=0)
    with pytest.raises(CheckFailed, match=r"1 of 2 pictures differ .*small\.png"):
        frames.check(built_to_look(), images, "rgb565", seen)


def test_what_is_no_picture_or_too_wide_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(DataError, match=r"text\.png is no picture"):
        frames.look(built_to_look(), [tmp_path / "text.png"])
    with pytest.raises(DataError, match=r"none\.png cannot be read: No such file"):
        frames.look(built_to_look(), [tmp_path / "none.png"])
    Image.new("RGB", (2049, 1)).save(tmp_path / "wide.png")
    with pytest.raises(DataError, match="a row is at most 4,096 bytes of rgb565"):
        frames.look(built_to_look(), [tmp_path / "wide.png"])


def test_other_builds_and_runners_are_refused(images: list[Path]) -> None:
    with pytest.raises(RunnerError, match="was built with --app listen, which does not look"):
        frames.look(built(), images)
    with pytest.raises(RunnerError, match="no runner 'board' for frames"):
        frames.look(built_to_look(), images, "board")


def test_a_network_that_takes_no_picture_cannot_look(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="small takes no picture of bytes"):
        build(small(), "stm32", app="look", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def trained(fit: str, resize: str) -> Deployable:
    """The looker, as if it had been trained on pictures in folders."""
    told = {"kind": "images", "path": "pictures", "size": [9, 12], "fit": fit, "resize": resize}
    metadata = {"data": {"source": told, "form": "pixels"}}
    return from_frozen(dataclasses.replace(looker(), metadata=metadata))


def test_a_network_sees_pictures_as_it_was_trained_on_them(
    images: list[Path], tmp_path: Path
) -> None:
    need("cc")
    home = tmp_path / "pictures" / "one"
    home.mkdir(parents=True)
    shutil.copy(images[0], home)
    (tmp_path / "pictures" / "two").mkdir()
    shutil.copy(images[1], tmp_path / "pictures" / "two")
    model = trained("pad", "bilinear")
    assert model.about.source is not None
    made = model.about.source.options
    learned = load(made, Split(test=0.0), tmp_path / "pictures").x
    build(model, "stm32", app="look", out=tmp_path / "out")
    seen = frames.look(open_build(tmp_path / "out"), images, "host", "rgb888")
    assert [one.picture for one in seen] == [zlib.crc32(to_int8(x).tobytes()) for x in learned]


def test_what_a_network_does_not_say_a_table_does(images: list[Path], tmp_path: Path) -> None:
    need("cc")
    (tmp_path / "camera.toml").write_text('[camera]\nfit = "stretch"\nresize = "box"\n')
    how = read_front(tmp_path / "camera.toml").scaling
    build(looking(), "stm32", app="look", out=tmp_path / "out", scaling=how)
    folder = open_build(tmp_path / "out")
    seen = frames.look(folder, images)
    assert seen == frames.look(folder, images, "reference")
    assert seen[0].picture != frames.look(built_to_look(), images, "reference")[0].picture
    with pytest.raises(BuildError, match="trained on pictures of fit 'crop' and resize 'box', and"):
        build(trained("crop", "box"), "stm32", app="look", out=tmp_path / "no", scaling=how)


@pytest.mark.parametrize("app", ["look", "listen"])
def test_an_app_whose_flash_has_a_flip_ends_before_it_tells_anything(
    app: str, tmp_path: Path
) -> None:
    need("qemu-system-arm")
    whole = built_to_look() if app == "look" else built()
    folder = open_build(shutil.copytree(whole.path, tmp_path / "copy"))
    data = bytearray(folder.elf.read_bytes())
    weights = next(s for s in stored(folder.elf) if s[0] == ".weights")
    data[weights[1] + weights[2] // 2] ^= 1
    folder.elf.write_bytes(data)
    child = start(folder, "qemu", app)
    try:
        with pytest.raises(RunnerError, match="what is in its flash is not what was built"):
            Lines(child, 60.0).next()
    finally:
        child.stop()
