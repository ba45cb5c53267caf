"""Checkpoints: equal after reading, noticed when damaged, passed over for an earlier one."""

from __future__ import annotations

import numpy as np
import pytest

from tinyrob.errors import TrainingError
from tinyrob.training import checkpoints
from tinyrob.training.checkpoints import Checkpoint


def checkpoint(epoch):
    generator = np.random.default_rng(epoch)
    return Checkpoint(
        epoch,
        [generator.normal(size=(3, 3, 2, 4)).astype(np.float32), np.zeros(4, np.float32)],
        [np.array(7 * epoch, np.int64), generator.normal(size=(5,)).astype(np.float32)],
        [{"epoch": 1 + e, "loss": 0.1 + e / 3} for e in range(epoch)],
        "a recipe",
    )


def assert_equal(a, b):
    assert (a.epoch, a.history, a.identity) == (b.epoch, b.history, b.identity)
    for mine, theirs in ((a.weights, b.weights), (a.optimizer, b.optimizer)):
        assert len(mine) == len(theirs)
        for x, y in zip(mine, theirs, strict=True):
            assert x.dtype == y.dtype
            assert x.shape == y.shape
            assert (x == y).all()


def test_what_is_read_is_what_was_saved(tmp_path):
    assert_equal(checkpoints.read(checkpoints.save(tmp_path, checkpoint(3))), checkpoint(3))


def test_the_newest_two_are_kept(tmp_path):
    for epoch in range(1, 12):
        checkpoints.save(tmp_path, checkpoint(epoch))
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "checkpoint-00010.npz",
        "checkpoint-00011.npz",
    ]
    found, damaged = checkpoints.newest(tmp_path)
    assert_equal(found, checkpoint(11))
    assert damaged == []


def test_no_checkpoint_is_none(tmp_path):
    assert checkpoints.newest(tmp_path) is None


@pytest.mark.parametrize("keep", [0, 20, 500, -1])
def test_one_cut_short_is_refused_by_name(tmp_path, keep):
    path = checkpoints.save(tmp_path, checkpoint(2))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(TrainingError, match=r"checkpoint-00002\.npz is damaged"):
        checkpoints.read(path)


def test_every_flipped_bit_is_noticed(tmp_path):
    path = checkpoints.save(tmp_path, checkpoint(2))
    content = path.read_bytes()
    for at in range(0, len(content), 37):
        path.write_bytes(content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :])
        with pytest.raises(TrainingError, match="is damaged"):
            checkpoints.read(path)


def test_a_damaged_newest_falls_back_to_the_one_before(tmp_path):
    checkpoints.save(tmp_path, checkpoint(4))
    path = checkpoints.save(tmp_path, checkpoint(5))
    path.write_bytes(path.read_bytes()[:-100])
    found, damaged = checkpoints.newest(tmp_path)
    assert_equal(found, checkpoint(4))
    assert damaged == [path]


def test_only_damaged_ones_are_refused_with_a_way_out(tmp_path):
    for epoch in (4, 5):
        checkpoints.save(tmp_path, checkpoint(epoch)).write_bytes(b"")
    with pytest.raises(TrainingError, match=r"every checkpoint .* is damaged") as caught:
        checkpoints.newest(tmp_path)
    assert "--resume" in caught.value.hint


def test_what_a_kill_left_behind_is_cleared_away(tmp_path):
    (tmp_path / ".checkpoint-00001.npz-x1y2.part").write_bytes(b"half a file")
    checkpoints.save(tmp_path, checkpoint(2))
    checkpoints.clear_torn(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint-00002.npz"]
