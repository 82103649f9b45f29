"""Seconds to learn names, character by character: the compiled models and the NumPy reference.

    python benchmarks/char_names.py --data names.txt --plot cells.png
    python benchmarks/char_names.py                             # embedded names of colors

A name a step, the state carried from name to name, gradients clipped to ±5, float64; the reference
and the compiled RNN begin with the same parameters, and their smoothed losses have to agree over
the first steps before a time is printed. Compilation is a part of the time: each round builds the
model anew. The compiled LSTM runs for as many steps; with --plot both curves stand in one picture.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

from rnn_graph import CharLSTM, CharRNN, CharVocabulary, reference
from rnn_graph.backend.processors import usable_processors
from rnn_graph.benchmark.environment import environment
from rnn_graph.data.characters import read_lines
from rnn_graph.datasets import color_names
from rnn_graph.plots.curves import plot_smoothed_losses

REFERENCE, RNN, LSTM = "NumPy reference", "compiled RNN", "compiled LSTM"
AGREEING_STEPS, CLOSE = 1_000, 1e-9
PRINTED_EVERY = 2_000


def run_reference(names, vocabulary, options) -> list[float]:
    losses: list[float] = []
    reference.model(
        names,
        {symbol: vocabulary[symbol] for symbol in vocabulary.symbols},
        options.iterations,
        options.hidden_dim,
        on_iteration=lambda _, loss: losses.append(loss),
    )
    return losses


def run_compiled(kind, names, vocabulary, options) -> list[float]:
    model = kind(len(vocabulary), options.hidden_dim, vocabulary=vocabulary, rng=1, dtype="float64")
    return model.train(names, options.iterations)


def contenders(names, vocabulary, options):
    return {
        REFERENCE: lambda: run_reference(names, vocabulary, options),
        RNN: lambda: run_compiled(CharRNN, names, vocabulary, options),
        LSTM: lambda: run_compiled(CharLSTM, names, vocabulary, options),
    }


def require_agreement(losses) -> None:
    pairs = zip(losses[REFERENCE][:AGREEING_STEPS], losses[RNN][:AGREEING_STEPS], strict=True)
    worst = max(abs(a - b) for a, b in pairs)
    if worst > CLOSE:
        raise SystemExit(f"the smoothed losses differ by {worst}: nothing is timed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a name a line; colors if not given")
    parser.add_argument("--iterations", type=int, default=35_000)
    parser.add_argument("--hidden-dim", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--plot", type=Path, help="draw the curves of both cells to this PNG")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    names = read_lines(options.data) if options.data else color_names()
    names = [name.lower() for name in names]
    vocabulary = CharVocabulary.of_lines(names)

    seconds, losses = {}, {}
    for _ in range(options.rounds):
        for name, run in contenders(names, vocabulary, options).items():
            start = time.perf_counter()
            losses[name] = run()
            seconds.setdefault(name, []).append(time.perf_counter() - start)
        require_agreement(losses)
    if options.plot:
        plot_smoothed_losses(options.plot, {"RNN": losses[RNN], "LSTM": losses[LSTM]})
    result = {
        name: {
            "seconds": statistics.median(times),
            "reference_over_it": statistics.median(
                r / t for r, t in zip(seconds[REFERENCE], times, strict=True)
            ),
            "smoothed_loss": losses[name][::PRINTED_EVERY],
        }
        for name, times in seconds.items()
    }
    if options.json:
        print(json.dumps({"result": result, "environment": environment(usable_processors())}))
        return
    print(f"{len(names):,} names, {len(vocabulary)} characters, {options.iterations:,} steps")
    for name, row in result.items():
        print(f"{name:16} {row['seconds']:6.2f} s, reference / it {row['reference_over_it']:.2f}")
        print(f"  smoothed loss {' '.join(f'{loss:.6f}' for loss in row['smoothed_loss'])}")


if __name__ == "__main__":
    main()
