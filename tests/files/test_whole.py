"""Files are whole or absent."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tinyrob.errors import DataError
from tinyrob.files import whole as files
from tinyrob.files.whole import check_output, clear_torn, write_atomically, write_output


def test_it_writes_and_replaces_and_others_may_read(tmp_path):
    path = tmp_path / "report.html"
    for content in (b"first", b"second, and longer"):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "fdopen"])
def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, step):
    path = tmp_path / "checkpoint-00001.npz"
    write_atomically(path, b"before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, step, full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_cleared_by_the_next_and_a_living_ones_is_not(tmp_path):
    path = tmp_path / "model.tflite"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead = tmp_path / f".model.tflite-{gone.pid}-abc.part"
    alive = tmp_path / f".model.tflite-{os.getppid()}-abc.part"
    others = tmp_path / f".model.tflite.json-{gone.pid}-abc.part"
    mine = tmp_path / ".model.tflite-notes-1.part"
    for one in (dead, alive, others, mine):
        one.write_bytes(b"half")
    write_atomically(path, b"whole")
    assert sorted(tmp_path.iterdir()) == sorted([path, alive, others, mine])


def test_an_unfinished_folder_is_cleared_as_a_file_is(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for pid in (gone.pid, os.getpid()):
        torn = tmp_path / f".project-{pid}-abc.part"
        torn.mkdir()
        (torn / "recipe.toml").write_text("half")
    clear_torn(tmp_path / "project")
    assert [p.name for p in tmp_path.iterdir()] == [f".project-{os.getpid()}-abc.part"]


def test_an_output_may_be_a_pipe_and_a_file_is_whole(tmp_path):
    read_from, write_to = os.pipe()
    write_output(files.Path(f"/dev/fd/{write_to}"), b"told")
    os.close(write_to)
    with os.fdopen(read_from, "rb") as pipe:
        assert pipe.read() == b"told"
    write_output(tmp_path / "junit.xml", b"told")
    assert (tmp_path / "junit.xml").read_bytes() == b"told"


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "missing" / "file", b"")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("through", ["itself", "a link"])
def test_a_pipe_or_a_device_stays_what_it_is(tmp_path, through):
    named = tmp_path / "pipe"
    os.mkfifo(named)
    if through == "a link":
        (tmp_path / "link").symlink_to(named)
        named = tmp_path / "link"
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OSError, match="a device or a pipe is no file to write"):
        write_atomically(named, b"content")
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "pipe").is_fifo()


def test_a_link_to_a_file_is_replaced_and_the_file_is_left(tmp_path):
    (tmp_path / "theirs").write_bytes(b"theirs")
    (tmp_path / "report.html").symlink_to(tmp_path / "theirs")
    write_atomically(tmp_path / "report.html", b"ours")
    assert (tmp_path / "theirs").read_bytes() == b"theirs"
    assert (tmp_path / "report.html").read_bytes() == b"ours"
    assert not (tmp_path / "report.html").is_symlink()


def test_what_could_not_be_written_is_told_before_the_work(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("")
    for name, why in {
        "pipe": "a device or a pipe",
        ".": "is a folder",
        "file/deeper/made": f"{tmp_path / 'file'} is no folder",
    }.items():
        with pytest.raises(DataError, match=re.escape(why)):
            check_output(tmp_path / name)
    check_output(tmp_path / "pipe", stream=True)
    check_output(tmp_path / "file")
    check_output(tmp_path / "new" / "folder" / "made")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_may_not_be_written_is_told_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path)
    with pytest.raises(DataError, match=r"cannot be written: .* may not be written into"):
        check_output(tmp_path / "made")
