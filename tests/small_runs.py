"""One small training run of each kind of model and recipe, and how it is killed and compared."""

import itertools
import json
import random
import sys
from pathlib import Path

import numpy as np

from rnn_graph.datasets import sample_flight_queries

WORDS = ("the", "a", "cat", "dog", "bird", "sees", "likes", "eats", "big", "red", "man", "runs")
NAMES = ["Mira", "Nora", "Omar", "Rona", "Marion", "Éric", "Nanami", "Ariano", "Roma", "Amina"]
RUNNING_TEXT = "the cat sat on the mat.\nthe dog ate the cat that sat on the mat.\n" * 20

COMPUTING = ("--backend", "numpy")
READING = ("--pre-split", "--tokenizer", "whitespace")
BATCHES = ("--batch-size", 4, "--sequence-length", 8, "--hidden-dim", 8, "--backend", "jax")
SMALL_TAGGER = ("--hidden-dim", 8, "--embedding-dim", 8, "--epochs", 2, "--backend", "jax")
JUDGED = ("--held-out", 0.2, "--dropout", 0.2, "--schedule", "plateau", "--averaging", 0.5)

# Options by task and recipe, with all in them that a checkpoint has to hold.
RUNS = {
    ("word", "modern"): (*BATCHES, *READING, *JUDGED, "--epochs", 4, "--accumulate", 2),
    ("word", "tutorial"): (
        *("--hidden-dim", 8, *COMPUTING, *READING),
        *("--held-out", 0.2, "--epochs", 4, "--evaluate-every", 1),
    ),
    ("char", "modern"): (*BATCHES, *JUDGED, "--epochs", 4),
    ("char", "tutorial"): (
        *("--hidden-dim", 8, "--iterations", 96, "--backend", "jax"),
        *("--lowercase", "--carry-state", "--evaluate-every", 2),
    ),
    ("tagger", "modern"): (
        *("--hidden-dim", 16, "--epochs", 8, "--dropout", 0.1, "--learning-rate", 0.02),
        *("--averaging", 0.5, "--backend", "jax"),
    ),
    ("tagger", "word"): (*SMALL_TAGGER, "--epochs", 4),
    ("tagger", "sentence"): SMALL_TAGGER,
}

# A shell's background job ignores SIGINT, and hands that on to all that it starts.
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from rnn_graph.cli import main
main()
"""

# As it is killed at its worst moment: a checkpoint is written, and does not have its name yet.
# The first argument is the step of that checkpoint.
KILLED_PROGRAM = """
import os, pathlib, signal, sys
replace, last = os.replace, int(sys.argv.pop(1))
def replace_or_die(source, target):
    name = pathlib.Path(target).name
    if name.startswith("step-") and int(name[5:-4]) >= last:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
os.replace = replace_or_die
from rnn_graph.cli import main
main()
"""


def write_data(folder: Path) -> None:
    """What the runs are trained on."""
    draw = random.Random(1)
    sentences = [" ".join(draw.choices(WORDS, k=draw.randint(3, 9))) for _ in range(30)]
    (folder / "text.txt").write_text("".join(f"{sentence}\n" for sentence in sentences))
    (folder / "running.txt").write_text(RUNNING_TEXT)
    # One of the names is spelt with a combining mark.
    (folder / "names.txt").write_text(
        "".join(f"{name}\n" for name in NAMES).replace("É", "E\u0301"), encoding="utf-8"
    )
    drawn = [query for query in sample_flight_queries(3000, rng=0) if len(query.words) <= 5]
    for name, queries in (("train", drawn[:60]), ("valid", drawn[60:80])):
        lines = [[*map(" ".join, zip(*query, strict=True)), ""] for query in queries]
        (folder / f"{name}.conll").write_text("\n".join(itertools.chain(*lines)))


def command(folder: Path, task: str, recipe: str, out: Path) -> tuple:
    """The arguments of one of the `RUNS` on the data of a folder."""
    data = {
        ("word", "modern"): ("text.txt",),
        ("word", "tutorial"): ("text.txt",),
        ("char", "modern"): ("running.txt",),
        ("char", "tutorial"): ("names.txt",),
    }
    train, *valid = data.get((task, recipe), ("train.conll", "valid.conll"))
    read = ["--data", folder / train, *(v for name in valid for v in ("--valid", folder / name))]
    return ("train", task, *read, "--out", out, "--recipe", recipe, *RUNS[task, recipe])


def as_process(program: str, *arguments) -> list[str]:
    return [sys.executable, "-c", program, *map(str, arguments)]


def checkpoints(out: Path) -> list[Path]:
    """Those of the run that writes `out`, oldest first."""
    return sorted(out.with_suffix(".run").glob("step-*.npz"))


def newest_step(out: Path) -> int:
    return max((int(path.stem.removeprefix("step-")) for path in checkpoints(out)), default=0)


def differences(out: Path, whole: Path) -> list[str]:
    """In what a run's model file and last checkpoint differ from those of another run."""
    found = []
    for path, other in ((out, whole), (checkpoints(out)[-1], checkpoints(whole)[-1])):
        if path.name.startswith("step-") and path.name != other.name:
            found.append(f"the last checkpoint is {path.name}, not {other.name}")
        ours, theirs = _content(path), _content(other)
        found += [
            f"{name} in {path.name}"
            for name in sorted({*ours, *theirs})
            if ours.get(name) != theirs.get(name)
        ]
    return found


def _content(path: Path) -> dict[str, object]:
    """Bytes of arrays, and what else is no time and no place."""
    with np.load(path) as stored:
        content = {n: (a.dtype.str, a.shape, a.tobytes()) for n, a in stored.items()}
    configuration = json.loads(np.load(path)["configuration"].tobytes())
    del content["configuration"]
    configuration.pop("digest", None)  # of times as well
    return content | {"configuration": _without_times(configuration)}


def _without_times(value):
    if isinstance(value, dict):
        timed = ("seconds", "tokens_per_second", "epoch_began")
        return {key: _without_times(item) for key, item in value.items() if key not in timed}
    return [_without_times(item) for item in value] if isinstance(value, list) else value
