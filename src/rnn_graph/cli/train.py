"""`rnn-graph train`: from a text file to a model file."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options
from rnn_graph.cli.minibatch_options import Minibatches
from rnn_graph.cli.options import CellName, ScheduleName, chosen, refuse_given
from rnn_graph.errors import InputError

app = typer.Typer(help="Train a model.", no_args_is_help=True)

EXAMPLE = "Example: rnn-graph train word --data comments.csv --out model.npz --epochs 10"


@app.command(epilog=EXAMPLE)
@options.with_groups
def word(
    *,
    data: options.DataFile,
    out: Annotated[Path, typer.Option(help="The model file to write (.npz).")],
    vocabulary_size: Annotated[int, typer.Option(help="Most frequent words to know.")] = 8000,
    hidden_dim: Annotated[
        int | None, typer.Option(min=1, help="Hidden units (100; of minibatches 256).")
    ] = None,
    cell: Annotated[
        CellName | None, typer.Option(help="What reads the words (elman; of minibatches lstm).")
    ] = None,
    bptt_truncate: Annotated[
        int | None,
        typer.Option(help="States before its own that each loss reaches (4); -1 for all."),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Of a sentence's summed loss (0.005); of a token's mean loss (0.002)."),
    ] = None,
    schedule: Annotated[
        ScheduleName, typer.Option(help="How the learning rate goes down.")
    ] = ScheduleName.CONSTANT,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Times through the data (100; of minibatches 10).")
    ] = None,
    evaluate_every: Annotated[
        int | None,
        typer.Option(min=1, help="Epochs between evaluations (5; of minibatches 1)."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Use the first N sentences (the vocabulary counts all)."),
    ] = None,
    held_out: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of sentences kept from training.")
    ] = 0.0,
    plot: Annotated[Path | None, typer.Option(help="Draw the loss curve to this PNG.")] = None,
    minibatches: Minibatches,
    reading: options.Reading,
    computing: options.Computing,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Train a word-level language model: the tutorial's, one sentence a step, or with --batch-size
    one of any cell and depth in minibatches.

    The last sentences are held out. Ctrl-C ends training after the current step and writes the
    model.
    """
    settings = {
        "hidden_dim": hidden_dim,
        "learning_rate": learning_rate,
        "epochs": epochs,
        "evaluate_every": evaluate_every,
    }
    if minibatches.batch_size is not None:
        from rnn_graph.cli.minibatch_training import train_in_minibatches
        from rnn_graph.data.corpus import read_words

        refuse_given({"bptt_truncate": bptt_truncate, "limit": limit}, "is for single sentences")
        train_in_minibatches(
            partial(
                read_words,
                data,
                vocabulary_size=vocabulary_size,
                held_out=held_out,
                valid=minibatches.valid,
                reading=vars(reading),
            ),
            data,
            out,
            minibatches,
            computing,
            held_out=held_out,
            plot=plot,
            as_json=as_json,
            cell=cell,
            schedule=schedule,
            seed=seed,
            **settings,
        )
        return
    minibatches.refuse_all(schedule)
    if cell not in (None, CellName.ELMAN):
        raise InputError(f"--cell {cell} is for minibatches; give --batch-size as well")
    from rnn_graph.checks import require_above_zero
    from rnn_graph.cli.console import log, print_json
    from rnn_graph.cli.models import build_word_model, read_corpus
    from rnn_graph.cli.training import train_and_save
    from rnn_graph.data.corpus import split_held_out
    from rnn_graph.data.padding import next_word_pairs
    from rnn_graph.files.atomic import check_outputs
    from rnn_graph.files.provenance import as_line

    check_outputs([out, plot], inputs=[data])
    settings = chosen(settings, hidden_dim=100, learning_rate=0.005, epochs=100, evaluate_every=5)
    truncate = 4 if bptt_truncate is None else bptt_truncate
    require_above_zero(learning_rate=settings["learning_rate"])
    corpus = read_corpus(data, reading)
    vocabulary = corpus.vocabulary(vocabulary_size)
    if len(vocabulary) < vocabulary_size:
        log(f"the text has fewer types than asked for: a vocabulary of {len(vocabulary):,} words")
    sentences = corpus.encode(vocabulary)[:limit]
    training, kept_back = split_held_out(sentences, held_out)
    model = build_word_model(
        vocabulary,
        hidden_dim=settings.pop("hidden_dim"),
        bptt_truncate=None if truncate < 0 else truncate,
        rng=seed,
        computing=computing,
    )
    result = train_and_save(
        model,
        *next_word_pairs(training),
        held_out=next_word_pairs(kept_back),
        out=out,
        schedule=schedule,
        seed=seed,
        data=str(data),
        plot=plot,
        **settings,
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
