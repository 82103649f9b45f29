"""Files appear whole or not at all, and what a killed process left goes away."""

import os
import signal
import subprocess
import sys

import pytest

from rnn_graph.files.atomic import atomic_write

WRITE = """
import sys
from rnn_graph.files.atomic import atomic_write
with atomic_write(sys.argv[1]) as stream:
    stream.write(b"half")
    stream.flush()
    print("written", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def writer(tmp_path):
    """A process in the middle of writing `other`."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITE, tmp_path / "other"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        yield process
        process.kill()


def write(path):
    with atomic_write(path) as stream:
        stream.write(b"whole")


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path, writer):
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    assert len(list(tmp_path.iterdir())) == 1
    write(tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_what_another_process_is_writing_stays(tmp_path, writer):
    write(tmp_path / "mine")
    writer.communicate(b"\n")
    assert (tmp_path / "other").read_bytes() == b"half"
    assert {path.name for path in tmp_path.iterdir()} == {"mine", "other"}


def test_an_error_leaves_what_was_there(tmp_path):
    write(tmp_path / "mine")

    def fail():
        with atomic_write(tmp_path / "mine") as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"whole"]


def test_links_and_pipes_with_the_names_of_unfinished_files_are_let_be(tmp_path):
    os.mkfifo(tmp_path / ".rnn_graph-1.partial")
    os.symlink(tmp_path / "nowhere", tmp_path / ".rnn_graph-2.partial")
    write(tmp_path / "mine")
    assert len(list(tmp_path.iterdir())) == 3
    assert not (tmp_path / "nowhere").exists()
