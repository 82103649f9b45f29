"""`train word` and `train char` with --batch-size."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rnn_graph.backend.devices import Backend, choose_backend
from rnn_graph.backend.memory import keep_freed_memory
from rnn_graph.checks import require_shares
from rnn_graph.cli.console import log, print_json
from rnn_graph.cli.language_training import train_and_save_language_model
from rnn_graph.cli.minibatch_options import MODEL_OPTIONS, TRAINING_OPTIONS, Minibatches
from rnn_graph.cli.models import refuse_numpy
from rnn_graph.cli.options import Computing
from rnn_graph.cli.run_folder import RunSettings, check_run, run_folder
from rnn_graph.cli.run_recorder import LanguageTrainingResult
from rnn_graph.data.corpus import LanguageCorpus
from rnn_graph.errors import InputError
from rnn_graph.files.provenance import as_line
from rnn_graph.models.language_model import LanguageModel
from rnn_graph.train.processes import Processes, ending_together, join, meeting_of, share_batches
from rnn_graph.train.settings import LanguageTrainingSettings

LONGEST_SENTENCE = 200  # words, if not given


def train_in_minibatches(
    read_corpus: Callable[[Path], LanguageCorpus],
    data: Path,
    out: Path,
    minibatches: Minibatches,
    computing: Computing,
    *,
    held_out: float,
    hidden_dim: int | None,
    cell: str | None,
    seed: int,
    plot: Path | None,
    as_json: bool,
    **training: Any,
) -> None:
    """Train a language model and print the result.

    Parameters
    ----------
    read_corpus
        Reads the text, and may keep it in the run's folder.
    data
        Where the text comes from.
    training
        Settings of `LanguageTrainingSettings` beside those of `minibatches`; None: not given.
    """
    refuse_numpy(computing, "models of minibatches")
    require_shares(held_out=held_out)
    if minibatches.valid is not None and held_out:
        raise InputError("--valid and --held-out both give text to evaluate on; leave one out")
    given = {name: value for name, value in training.items() if value is not None}
    settings = _training_settings(minibatches, seed, given)
    processes = _processes(minibatches)
    run = _run_settings(minibatches, processes, out, plot)
    check_run(run, [path for path in (data, minibatches.valid) if path is not None])
    with run_folder(run) as folder:
        with meeting_of(processes) as meeting:
            corpus = read_corpus(folder)
            if meeting is not None:
                meeting.wait_until_all_are_ready()
        join(processes)
        keep_freed_memory()
        with ending_together(processes):
            model = LanguageModel(
                corpus.vocabulary,
                cell=cell or "lstm",
                context="sentence" if settings.sampling == "sentences" else "text",
                rng=seed,
                backend=_backend(minibatches, computing, processes, settings.batch_size),
                dtype=computing.dtype or "float32",
                **({} if hidden_dim is None else {"hidden_dim": hidden_dim}),
                **minibatches.given(*MODEL_OPTIONS),
            )
            result = train_and_save_language_model(
                model, corpus, settings, run, folder, data=str(data)
            )
    if run.writes:
        _print_result(result, as_json)


def _run_settings(
    minibatches: Minibatches, processes: Processes, out: Path, plot: Path | None
) -> RunSettings:
    given = minibatches.given("resume", "checkpoint_minutes", "keep_checkpoints", "tensorboard")
    return RunSettings(out=out, plot=plot, processes=processes, **given)


def _backend(
    minibatches: Minibatches, computing: Computing, processes: Processes, batch_size: int
) -> Backend:
    backend = choose_backend(computing.backend, computing.device, computing.dtype or "float32")
    if processes.count == 1 and minibatches.devices is None:
        return backend
    return share_batches(backend, minibatches.devices, batch_size)


def _processes(minibatches: Minibatches) -> Processes:
    """Which process of a run this is."""
    given = minibatches.given("coordinator", "num_processes", "process_id")
    if not given:
        return Processes()
    if len(given) < 3:
        raise InputError(
            "--coordinator HOST:PORT, --num-processes and --process-id belong together; give all"
            " three"
        )
    return Processes(minibatches.coordinator, minibatches.num_processes, minibatches.process_id)


def _training_settings(
    minibatches: Minibatches, seed: int, given: dict[str, Any]
) -> LanguageTrainingSettings:
    values = {
        name: str(value) if isinstance(value, str) else value
        for name, value in (minibatches.given(*TRAINING_OPTIONS) | given).items()
    }
    if values.get("clip_norm") == 0:
        values["clip_norm"] = None
    if values.get("sampling") == "sentences":
        values.setdefault("sequence_length", LONGEST_SENTENCE)
    return LanguageTrainingSettings(**values, seed=seed)


def _print_result(result: LanguageTrainingResult, as_json: bool) -> None:
    if as_json:
        print_json(asdict(result))
        return
    print(f"model {result.model}")
    if result.loss is not None:
        print(f"loss {result.loss:.6f} nats a token")
        print(f"perplexity {result.perplexity:.4f}")
    if result.held_out_loss is not None:
        print(f"held-out loss {result.held_out_loss:.6f} nats a token")
        print(f"held-out perplexity {result.held_out_perplexity:.4f}")
    print(f"tokens/s {result.tokens_per_second:,.0f}")
    print(f"history {result.history}")
    log(as_line(result.signature))
