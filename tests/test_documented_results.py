"""Training commands of the documentation, run as they stand, end with the figure beside them:

    rnn-graph train word … # held-out perplexity 13.7

All are run in one folder, each after those whose files it needs. Those on a user's own data are run
on real data, if these are at hand.
"""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from test_documentation import PAGES, command_lines, commands, output_of

# Held-out figures depend on rounding, and so on the processor and the version of JAX.
MARGIN = 0.04
STATED = re.compile(r"^(?P<command>.*?) # (?P<figure>.+) (?P<value>[\d.]+)$")
# What a user brings, and where it is among the real data.
OWN_FILES = {
    "comments.csv": "reddit/reddit-comments-2015-08.first835.csv",
    "shakespeare.txt": "tinyshakespeare/input.txt",
}
LINES = [line for page in PAGES for line in command_lines(page)]
TRAININGS = list(dict.fromkeys(line for line in LINES if line.startswith("rnn-graph train ")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documented")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


def option(command: str, name: str) -> str | None:
    words = shlex.split(command)
    return words[words.index(name) + 1] if name in words else None


def provide(file: str | None, folder: Path) -> None:
    """Make a file by the command that writes it, or take it from the real data."""
    if file is None or (folder / file).exists():
        return
    if file in OWN_FILES:
        real = Path(os.environ.get("RNN_GRAPH_REAL_DATA", "-"), OWN_FILES[file])
        if not real.exists():
            pytest.skip(
                "RNN_GRAPH_REAL_DATA names no folder with the file that stands for a user's"
            )
        shutil.copy(real, folder / file)
        return
    made_by = next(c for page in PAGES for c in commands(page) if option(c, "--out") == file)
    run(made_by, folder)


def run(command: str, folder: Path) -> str:
    for name in ("--data", "--valid", "--init-from"):
        provide(option(command, name), folder)
    if "--resume" in command:
        provide(option(command, "--out"), folder)
    return output_of(command)


@pytest.mark.slow
@pytest.mark.parametrize("line", TRAININGS)
def test_a_training_command_ends_with_the_figure_beside_it(line, folder):
    stated = STATED.match(line)
    assert stated, "each training command states what it ends with"
    output = run(stated["command"], folder)
    printed = re.search(rf"{re.escape(stated['figure'])} (\d+\.\d+)", output)
    assert printed, output
    assert float(printed[1]) == pytest.approx(float(stated["value"]), rel=MARGIN)
