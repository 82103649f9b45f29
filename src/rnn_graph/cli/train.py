"""`rnn-graph train`: from a text file to a model file."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options
from rnn_graph.cli.options import ScheduleName

app = typer.Typer(help="Train a model.", no_args_is_help=True)

EXAMPLE = "Example: rnn-graph train word --data comments.csv --out model.npz --epochs 10"


@app.command(epilog=EXAMPLE)
@options.with_groups
def word(
    *,
    data: options.DataFile,
    out: Annotated[Path, typer.Option(help="The model file to write (.npz).")],
    vocabulary_size: Annotated[int, typer.Option(help="Most frequent words to know.")] = 8000,
    hidden_dim: Annotated[int, typer.Option(min=1, help="Hidden units.")] = 100,
    bptt_truncate: Annotated[
        int, typer.Option(help="States before its own that each loss reaches; -1 for all.")
    ] = 4,
    learning_rate: Annotated[float, typer.Option(help="Of a sentence's summed loss.")] = 0.005,
    schedule: Annotated[
        ScheduleName, typer.Option(help="linear: the rate goes down to zero.")
    ] = ScheduleName.CONSTANT,
    epochs: Annotated[int, typer.Option(min=1, help="Times through the data.")] = 100,
    evaluate_every: Annotated[
        int, typer.Option(min=1, help="Epochs between evaluations; each saves the model.")
    ] = 5,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Use the first N sentences (the vocabulary counts all)."),
    ] = None,
    held_out: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of sentences kept from training.")
    ] = 0.0,
    plot: Annotated[Path | None, typer.Option(help="Draw the loss curve to this PNG.")] = None,
    reading: options.Reading,
    computing: options.Computing,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Train the word-level language model, one sentence a step.

    The last sentences are held out. Ctrl-C ends training after the current step and writes the
    model.
    """
    from rnn_graph.batching import next_word_pairs
    from rnn_graph.checks import require_above_zero
    from rnn_graph.cli.console import log, print_json
    from rnn_graph.cli.models import build_word_model, read_corpus
    from rnn_graph.cli.training import split_held_out, train_and_save
    from rnn_graph.files import check_outputs
    from rnn_graph.signature import as_line

    check_outputs([out, plot], inputs=[data])
    require_above_zero(learning_rate=learning_rate)
    corpus = read_corpus(data, reading)
    vocabulary = corpus.vocabulary(vocabulary_size)
    if len(vocabulary) < vocabulary_size:
        log(f"the text has fewer types than asked for: a vocabulary of {len(vocabulary):,} words")
    sentences = corpus.encode(vocabulary)[:limit]
    training, kept_back = split_held_out(sentences, held_out)
    model = build_word_model(
        vocabulary,
        hidden_dim=hidden_dim,
        bptt_truncate=None if bptt_truncate < 0 else bptt_truncate,
        rng=seed,
        computing=computing,
    )
    result = train_and_save(
        model,
        *next_word_pairs(training),
        held_out=next_word_pairs(kept_back),
        out=out,
        learning_rate=learning_rate,
        schedule=schedule,
        epochs=epochs,
        evaluate_every=evaluate_every,
        seed=seed,
        data=str(data),
        plot=plot,
    )
    if as_json:
        print_json(asdict(result))
        return
    print(f"model {result.model}")
    print(f"loss {result.loss:.6f}")
    print(f"perplexity {result.perplexity:.4f}")
    if result.held_out:
        print(f"held-out loss {result.held_out['loss']:.6f}")
        print(f"held-out perplexity {result.held_out['perplexity']:.4f}")
    log(as_line(result.signature))
