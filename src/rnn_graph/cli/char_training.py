"""From a file to a trained character model, with progress, for `train char` and `demo`."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.cli.console import log
from rnn_graph.cli.progress import TrainingProgress, deferred_interrupt
from rnn_graph.data.char_vocabulary import NEWLINE, CharVocabulary
from rnn_graph.data.characters import read_lines, read_text
from rnn_graph.data.corpus import split_held_out
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.files.provenance import signature
from rnn_graph.models.registry import save_model
from rnn_graph.optim.schedules import SCHEDULES
from rnn_graph.plots.curves import plot_smoothed_losses
from rnn_graph.predict.char_generation import generate_lines, generate_texts
from rnn_graph.predict.char_scoring import score_characters
from rnn_graph.train.char_training import CharExamples, shuffled, train_char_model
from rnn_graph.train.observer import Step
from rnn_graph.tutorials.char_model import CharModel

PIECE_LENGTH = 50
SAMPLED_LINES = 5
SAMPLED_CHARACTERS = 100
SCORED_CHARACTERS = 100_000  # of the text trained on


@dataclass(frozen=True)
class CharText:
    """A text, encoded and split.

    Attributes
    ----------
    training, held_out
        Lines of ids; of running text a single one.
    description
        How much there is.
    settings
        How it was cut and read, for the signature.
    """

    vocabulary: CharVocabulary
    examples: CharExamples
    training: list[np.ndarray]
    held_out: list[np.ndarray]
    description: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class CharSettings:
    """How to train."""

    iterations: int
    learning_rate: float
    schedule: str
    evaluate_every: int
    seed: int


@dataclass(frozen=True)
class CharTrainingResult:
    """What `rnn-graph train char` reports.

    Attributes
    ----------
    smoothed_loss
        Of a line or a piece of text, nats.
    score, held_out
        Of the text trained on (its first 100,000 characters) and of what was kept back.
    history
        (steps, smoothed loss) at each evaluation.
    """

    model: str
    smoothed_loss: float
    score: dict[str, Any]
    held_out: dict[str, Any] | None
    iterations: int
    interrupted: bool
    history: list[tuple[int, float]]
    signature: dict[str, Any]


def read_lines_to_train(
    path: Path,
    *,
    lowercase: bool,
    longest_line: int,
    carry_state: bool,
    held_out: float,
    seed: int,
    **decoding: str,
) -> CharText:
    """Read, encode and shuffle the lines of a file."""
    lines = read_lines(path, longest=longest_line, **decoding)
    return encode_lines(
        lines, lowercase=lowercase, carry_state=carry_state, held_out=held_out, seed=seed
    )


def encode_lines(
    lines: list[str],
    *,
    lowercase: bool = False,
    carry_state: bool = False,
    held_out: float = 0.0,
    seed: int,
) -> CharText:
    """Encode lines for training, shuffled."""
    vocabulary = CharVocabulary.of_lines(lines, lowercase=lowercase)
    ids = [vocabulary.encode_line(line) for line in shuffled(lines, seed)]
    training, kept_back = split_held_out(ids, held_out, "lines")
    return CharText(
        vocabulary,
        CharExamples.of_lines(training, vocabulary[NEWLINE], carry_state=carry_state),
        list(training),
        list(kept_back),
        f"{len(lines):,} lines",
        {"carry_state": carry_state, "held_out": held_out},
    )


def read_text_to_train(
    path: Path, *, lowercase: bool, piece_length: int, held_out: float, **decoding: str
) -> CharText:
    """Read and encode a file as running text."""
    parts = read_text(path, **decoding)
    vocabulary = CharVocabulary.of_text(parts, lowercase=lowercase)
    ids = np.concatenate([vocabulary.encode(part) for part in parts])
    training, kept_back = split_held_out(ids, held_out, "characters")
    return CharText(
        vocabulary,
        CharExamples.of_text(training, piece_length),
        [training],
        [kept_back] if len(kept_back) else [],
        f"{len(ids):,} characters",
        {"piece_length": piece_length, "held_out": held_out},
    )


def train_and_save_char(
    model: CharModel,
    text: CharText,
    settings: CharSettings,
    *,
    out: Path,
    data: str,
    plot: Path | None = None,
) -> CharTrainingResult:
    """Train with a progress bar; write the model at each evaluation and at the end."""
    vocabulary = text.vocabulary
    read = {"unit": vocabulary.unit, "lowercase": vocabulary.lowercase, **text.settings}
    signed = signature(model, **asdict(settings), **read)
    history: list[tuple[int, float]] = []
    steps = 0

    def save() -> None:
        save_model(out, model, training={"data": data, "history": history, "signature": signed})

    def on_step(step: Step) -> None:
        nonlocal steps
        steps += 1
        progress.on_step(step)

    def on_evaluation(smoothed_loss: float) -> None:
        history.append((steps, smoothed_loss))
        progress.say(
            f"after {steps:,} steps: smoothed loss {smoothed_loss:.4f};"
            f" such as {_sample(model, settings.seed)}"
        )
        save()

    total = _characters(text.examples, settings.iterations)
    with (
        TrainingProgress(total, _describe_loss, unit="characters") as progress,
        deferred_interrupt() as interrupted,
    ):
        try:
            smoothed = train_char_model(
                model,
                text.examples,
                settings.iterations,
                learning_rate=settings.learning_rate,
                schedule=SCHEDULES[settings.schedule],
                on_step=on_step,
                typical_length=text.examples.mean_length,
                evaluate_every=settings.evaluate_every,
                on_evaluation=on_evaluation,
                should_stop=interrupted,
            )
        except TrainingDiverged as error:
            kept = "nothing was written"
            if history:
                save()
                kept = f"{out} holds the last good model"
            raise TrainingDiverged(f"{error} ({kept})") from None
    if interrupted():
        log(f"interrupted after {steps:,} steps; the model is in {out}")
    if not history or history[-1][0] < steps:
        history.append((steps, smoothed[-1]))
    save()
    score = score_characters(model, _beginning(text.training))
    held_out = score_characters(model, text.held_out) if text.held_out else None
    if plot:
        plot_smoothed_losses(plot, {model.cell_name: smoothed})
        log(f"loss curve in {plot}")
    return CharTrainingResult(
        model=str(out),
        smoothed_loss=smoothed[-1],
        score=asdict(score),
        held_out=asdict(held_out) if held_out else None,
        iterations=steps,
        interrupted=interrupted(),
        history=history,
        signature=signed,
    )


def _describe_loss(loss: float) -> str:
    return f"loss {loss:.3f} nats a character"


def _characters(examples: CharExamples, iterations: int) -> int:
    """How many characters so many steps predict."""
    lengths = [len(targets) for targets in examples.targets]
    rounds, rest = divmod(iterations, len(lengths))
    return rounds * sum(lengths) + sum(lengths[:rest])


def _sample(model: CharModel, seed: int) -> str:
    try:
        if model.vocabulary.unit == "text":
            (text,) = generate_texts(model, 1, max_length=SAMPLED_CHARACTERS, rng=seed)
            return repr(text)
        return ", ".join(generate_lines(model, SAMPLED_LINES, max_length=30, rng=seed))
    except InputError:
        return "no line at all"


def _beginning(parts: list[np.ndarray]) -> list[np.ndarray]:
    """As many parts as have some 100,000 characters, at least one, which may be cut."""
    ends = np.cumsum([len(part) for part in parts])
    count = max(1, int(np.searchsorted(ends, SCORED_CHARACTERS, side="right")))
    return [part[:SCORED_CHARACTERS] for part in parts[:count]]
