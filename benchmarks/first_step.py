"""How long `rnn-graph train word` takes to its first losses, at the first start and at later ones.

    python benchmarks/first_step.py --data comments.csv
    python benchmarks/first_step.py                       # embedded sentences
    python benchmarks/first_step.py --recipe tutorial

The first start of a round finds an empty cache folder, the second what the first one compiled.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rnn_graph.datasets import comment_corpus

UNTIL_THE_FIRST_STEP = """
import os, sys
from rnn_graph.cli import main
from rnn_graph.train.trainer import Trainer

look = Trainer._look

def look_once(trainer):
    is_done = bool(trainer._pending)
    look(trainer)
    if is_done:
        os._exit(0)

Trainer._look = look_once
sys.argv = ["rnn-graph", "train", "word", *sys.argv[1:]]
main()
"""
SENTENCES = 1000


def seconds_to_the_first_step(data: Path, folder: Path, recipe: str) -> float:
    cache = {"RNN_GRAPH_CACHE": str(folder / "cache")}
    out = folder / "model.npz"
    command = ["--data", str(data), "--out", str(out), "--recipe", recipe]
    start = time.perf_counter()
    shutil.rmtree(out.with_suffix(".run"), ignore_errors=True)
    subprocess.run(
        [sys.executable, "-c", UNTIL_THE_FIRST_STEP, *command],
        env=os.environ | cache,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - start


def embedded_sentences(folder: Path) -> Path:
    path = folder / "comments.txt"
    sentences = comment_corpus(SENTENCES, 1).train
    path.write_text("".join(f"{' '.join(words)}\n" for words in sentences))
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--recipe", default="modern")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    first, second = [], []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            data = options.data or embedded_sentences(folder)
            first.append(seconds_to_the_first_step(data, folder, options.recipe))
            second.append(seconds_to_the_first_step(data, folder, options.recipe))
    ratios = [a / b for a, b in zip(first, second, strict=True)]
    print(
        f"to the first losses: {statistics.median(first):.1f} s at the first start,"
        f" {statistics.median(second):.1f} s at the second, {statistics.median(ratios):.2f} times"
        f" sooner ({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
