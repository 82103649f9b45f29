from dataclasses import replace

import numpy as np
import pytest

from rnn_graph.errors import InputError
from rnn_graph.files.model_file import read_model_file, write_model_file
from rnn_graph.train.checkpoints import (
    Checkpoint,
    CheckpointFolder,
    checkpoint_as_bytes,
    checkpoint_of_bytes,
)

IDENTITY = {"hidden_dim": 5, "corpus": "abc"}


def checkpoint(step):
    return Checkpoint({"W": np.full((2, 3), step)}, {"step": step}, IDENTITY, False)


@pytest.fixture
def folder(tmp_path):
    folder = CheckpointFolder(tmp_path, keep=2)
    for step in (5, 100, 2_000_000_000):
        folder.write(step, checkpoint(step))
    return folder


def test_the_newest_are_kept(folder, tmp_path):
    assert [path.name for path in folder.paths()] == [
        "step-2000000000.npz",
        "step-000000100.npz",
    ]
    newest = folder.newest(pytest.fail)
    assert newest.values == {"step": 2_000_000_000}
    assert newest.identity == IDENTITY
    np.testing.assert_array_equal(newest.arrays["W"], np.full((2, 3), 2_000_000_000))


@pytest.mark.parametrize("size", [0, 10, 600])
def test_one_that_is_cut_off_is_passed_over_and_named(folder, size):
    path = folder.paths()[0]
    path.write_bytes(path.read_bytes()[:size])
    said = []
    assert folder.newest(said.append).values == {"step": 100}
    assert path.name in said[0]
    assert "taking the checkpoint before it" in said[0]


def test_without_a_whole_one_there_is_none(folder):
    for path in folder.paths():
        path.write_bytes(b"")
    said = []
    assert folder.newest(said.append) is None
    assert len(said) == 2
    assert folder.has_progress
    folder.clear(beyond=100)
    assert [path.name for path in folder.paths()] == ["step-000000100.npz"]
    folder.clear()
    assert folder.paths() == []
    assert not folder.has_progress


def test_one_that_cannot_be_written_leaves_the_others(folder, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(InputError, match="No space left on device"):
        folder.write(2_000_000_001, checkpoint(1))
    assert len(folder.paths()) == 2


def test_a_checkpoint_goes_to_another_process_as_bytes():
    found = checkpoint_of_bytes(checkpoint_as_bytes(checkpoint(7)))
    assert found.values == {"step": 7}
    np.testing.assert_array_equal(found.arrays["W"], checkpoint(7).arrays["W"])


@pytest.mark.parametrize(
    "change",
    [
        {"values": []},
        {"values": "x"},
        {"values": None},
        {"identity": 1},
        {"is_final": 0},
        {"digest": ""},
        {"values": {"step": -5}},
        {"more": {}},
    ],
    ids=repr,
)
def test_one_of_other_values_is_passed_over(folder, change):
    path = folder.paths()[0]
    content = read_model_file(path)
    write_model_file(path, replace(content, configuration=content.configuration | change))
    said = []
    assert folder.newest(said.append).values == {"step": 100}
    assert "taking the checkpoint before it" in said[0]


def test_one_with_another_array_is_passed_over(folder):
    path = folder.paths()[0]
    content = read_model_file(path)
    for arrays in ({"W": content.arrays["W"] + 1}, {}, {"V": content.arrays["W"]}):
        write_model_file(path, replace(content, arrays=arrays))
        said = []
        assert folder.newest(said.append).values == {"step": 100}
        assert "does not hold what was written to it" in said[0]


def test_one_that_does_not_fit_is_passed_over(folder):
    def check(found):
        if found.values["step"] > 100:
            raise InputError("position.steps is -1")

    said = []
    assert folder.newest(said.append, check).values == {"step": 100}
    assert "position.steps is -1; the file is damaged; taking" in said[0]
