"""A random search over the modern tagger's settings, which can be interrupted and resumed.

J. Bergstra, Y. Bengio, "Random search for hyper-parameter optimization", Journal of Machine
Learning Research 13 (2012).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.files.atomic import atomic_write, check_can_write
from rnn_graph.files.checked_json import (
    AMOUNT,
    COUNT,
    NUMBER,
    json_line,
    one_of,
    parsed_as,
)
from rnn_graph.train.fit import Computing
from rnn_graph.train.recipes import Recipe
from rnn_graph.train.tagger import Tagged, fit_tagger

CELLS = ("elman", "gru", "lstm")
LEARNING_RATES = 5e-4, 5e-3
HEADER = {"format": "rnn-graph search 1"}
HEADER_SHAPE = {"format": one_of(*HEADER.values())}
TRIAL = {
    "score": NUMBER,
    "settings": {
        "cell": one_of(*CELLS),
        **dict.fromkeys(("hidden_dim", "embedding_dim", "window", "batch_size"), COUNT),
        **dict.fromkeys(("dropout", "embedding_dropout", "learning_rate"), AMOUNT),
    },
}


def searched_settings(
    data: Tagged,
    recipe: Recipe,
    settings: dict[str, Any],
    *,
    trials: int,
    path: Path,
    computing: Computing,
    say: Callable[[str], None],
    **options: Any,
) -> dict[str, Any]:
    """The best of random settings by the criterion of the best epoch on validation data.

    Parameters
    ----------
    data, recipe, computing, options
        As for `fit_tagger`.
    settings
        What is not searched over.
    trials
        How many, those that the file holds already among them.
    path
        The file of trials, a JSON object a line. Each is written when it is done, and a search with
        the same file goes on behind the last; it comes to the same as one in one go.
    say
        Is told of each trial.

    Raises
    ------
    InputError
        If the recipe is a published one, or `path` cannot be written or holds something else.
    """
    if recipe.name != "modern":
        raise InputError(
            "--search changes settings, and a published recipe has its own; give --recipe modern"
        )

    def fitting(tried: dict[str, Any]) -> dict[str, Any]:
        """Without the size of embeddings if a file has them."""
        if options.get("embeddings") is None:
            return tried
        return {name: value for name, value in tried.items() if name != "embedding_dim"}

    def evaluate(tried: dict[str, Any]) -> float:
        _, result = fit_tagger(
            data,
            recipe,
            settings | fitting(tried),
            run=None,
            computing=computing,
            progress=False,
            **options,
        )
        found = result.held_out
        return found["f1"] if found["phrases"] else found["accuracy"]

    def on_trial(number: int, tried: dict[str, Any], score: float) -> None:
        described = ", ".join(f"{name} {value}" for name, value in tried.items())
        say(f"trial {number} of {trials}: validation score {score:.2f} with {described}")

    best = search(trials, path, evaluate, seed=settings.get("seed", recipe["seed"]), tell=on_trial)
    say(f"trials in {path}; training with the best settings")
    return fitting(best)


def search(
    trials: int,
    path: str | Path,
    evaluate: Callable[[dict[str, Any]], float],
    *,
    seed: int,
    tell: Callable[[int, dict[str, Any], float], None] = lambda number, settings, score: None,
) -> dict[str, Any]:
    """The settings of the highest score, of the first of equals; see `searched_settings`."""
    journal = Journal(path)
    for number in range(len(journal.trials), trials):
        # Numbers of its own for each trial, so that they do not depend on interruptions.
        settings = _drawn(np.random.default_rng(seed + number))
        score = evaluate(settings)
        journal.add(settings, score)
        tell(number + 1, settings, score)
    return max(journal.trials, key=lambda trial: trial["score"])["settings"]


class Journal:
    """The trials of a search, in a file of JSON lines that grows by one when a trial is done.

    Parameters
    ----------
    path
        Of a new file, or of one with the trials of a search that is to go on.

    Attributes
    ----------
    trials : list of dict
        The `settings` and `score` of each.

    Raises
    ------
    InputError
        If it cannot be written, or holds something else.
    """

    def __init__(self, path: str | Path):
        self._path = check_can_write(path)
        self.trials: list[dict[str, Any]] = []
        if self._path.exists() and self._path.stat().st_size:
            self.trials = self._read()
        with atomic_write(path) as stream:  # without a last line that was cut off
            for entry in (HEADER, *self.trials):
                stream.write(json_line(entry))

    def add(self, settings: dict[str, Any], score: float) -> None:
        """Keep a trial."""
        trial = {"settings": settings, "score": score}
        try:
            with open(self._path, "ab") as stream:
                stream.write(json_line(trial))
        except OSError as error:
            raise InputError(f"cannot write {self._path}: {error.strerror}") from None
        self.trials.append(trial)

    def _read(self) -> list[dict[str, Any]]:
        try:
            header, *lines = self._path.read_bytes().splitlines(keepends=True)
        except OSError as error:
            raise InputError(f"cannot read {self._path}: {error.strerror}") from None
        try:
            parsed_as(header, HEADER_SHAPE)
        except ValueError:
            raise InputError(
                f"{self._path} is no journal of a search; give another --search-file"
            ) from None
        if lines and not lines[-1].endswith(b"\n"):
            lines.pop()
        return [self._trial(number, line) for number, line in enumerate(lines, 2)]

    def _trial(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            return parsed_as(line, TRIAL)
        except ValueError as mistake:
            raise InputError(
                f"{self._path}, line {number}: no trial of a search ({mistake}); remove the"
                " line, or give another --search-file"
            ) from None


def _drawn(generator: np.random.Generator) -> dict[str, Any]:
    dropout = 0.1 * int(generator.integers(2, 7))
    low, high = np.log(LEARNING_RATES)
    return {
        "cell": str(generator.choice(CELLS)),
        "hidden_dim": 50 * int(generator.integers(1, 7)),
        "embedding_dim": 50 * int(generator.integers(1, 4)),
        "window": 1 + 2 * int(generator.integers(4)),
        "dropout": round(dropout, 1),
        "embedding_dropout": round(dropout, 1),
        "learning_rate": float(np.exp(generator.uniform(low, high))),
        "batch_size": 2 ** int(generator.integers(3, 6)),
    }
