import builtins
import json
import math

import pytest

from rnn_graph.errors import InputError
from rnn_graph.train.history import HistoryFile, TensorBoardLog, read_history
from rnn_graph.train.observer import Record


def record(step, held_out=None):
    return Record(step, step / 10, 32 * step, 1.5, 99.0, 0.1, 2.0, 2.5, held_out)


def written(path, steps, **options):
    history = HistoryFile(path, **options)
    for step in steps:
        history.add(record(step))
    history.close()
    return [entry["step"] for entry in read_history(path)]


def test_records_are_json_lines(tmp_path):
    path = tmp_path / "history.jsonl"
    assert written(path, [1, 2]) == [1, 2]
    first = json.loads(path.read_text().splitlines()[0])
    assert first["loss"] == 2.0
    assert first["held_out"] is None
    assert first["perplexity"] == pytest.approx(math.exp(2.0))
    assert first["bits"] == pytest.approx(2.0 / math.log(2))


def test_a_new_run_begins_anew_and_one_that_goes_on_keeps_what_was_before(tmp_path):
    path = tmp_path / "history.jsonl"
    written(path, [1, 2, 3, 4])
    assert written(path, [3, 5], up_to_step=2) == [1, 2, 3, 5]
    assert written(path, [1]) == [1]


def test_a_line_that_was_cut_off_is_left_out(tmp_path):
    path = tmp_path / "history.jsonl"
    written(path, [1, 2])
    path.write_text(path.read_text()[:-20])
    assert [entry["step"] for entry in read_history(path)] == [1]


@pytest.mark.parametrize("text", ["no json\n", "[1]\n", '{"step": 1}\n', "no\nno\n", "1\n"])
def test_what_is_no_history_is_refused(tmp_path, text):
    path = tmp_path / "history.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match="no record of a training run"):
        read_history(path)


def test_bytes_and_missing_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_history(tmp_path / "none.jsonl")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="it is not text"):
        read_history(tmp_path / "bytes")


def test_tensorboard_events_are_written_if_tensorboardx_is_here(tmp_path):
    pytest.importorskip("tensorboardX", reason="tensorboardX is not here")
    log = TensorBoardLog(tmp_path / "events")
    log.add(record(1, {"loss": 1.5}))
    log.close()
    (events,) = (tmp_path / "events").iterdir()
    assert b"held_out/loss" in events.read_bytes()


def test_without_tensorboardx_the_remedy_is_named(tmp_path, monkeypatch):
    found = builtins.__import__

    def without(name, *arguments, **options):
        if name.startswith("tensorboardX"):
            raise ImportError(name)
        return found(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match="pip install"):
        TensorBoardLog(tmp_path)
