"""`rnn-graph train char`: from lines or running text to a character model."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options
from rnn_graph.cli.minibatch_options import Minibatches
from rnn_graph.cli.options import CharCellName, ScheduleName, UnitName, chosen, refuse_given
from rnn_graph.errors import InputError

EXAMPLE = "Example: rnn-graph train char --data names.txt --out names.npz --iterations 2000"


def char(
    *,
    data: Annotated[Path, typer.Option(help="Text, gzipped or not; - for standard input.")],
    out: Annotated[Path, typer.Option(help="The model file to write (.npz).")],
    cell: Annotated[
        CharCellName, typer.Option(help="What reads the characters; rnn and elman are the same.")
    ] = CharCellName.LSTM,
    unit: Annotated[
        UnitName | None,
        typer.Option(help="line (each is a name) or text (it runs on, as minibatches have it)."),
    ] = None,
    hidden_dim: Annotated[
        int | None, typer.Option(min=1, help="Hidden units (50; of minibatches 256).")
    ] = None,
    iterations: Annotated[
        int | None,
        typer.Option(min=1, help="Steps (35,000): a line, or a piece of text, each."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Times through the text, of minibatches (10).")
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            help="Of a line's, or a piece's, summed loss (0.01); of a character's mean loss"
            " (0.002)."
        ),
    ] = None,
    schedule: Annotated[
        ScheduleName, typer.Option(help="How the learning rate goes down.")
    ] = ScheduleName.CONSTANT,
    piece_length: Annotated[
        int | None, typer.Option(min=1, help="Characters a step (50); only for --unit text.")
    ] = None,
    longest_line: Annotated[
        int | None, typer.Option(min=1, help="Characters (1,000); only for --unit line.")
    ] = None,
    carry_state: Annotated[
        bool | None,
        typer.Option(
            "--carry-state/--fresh-state",
            help="How a line begins: with the state after the last line, or with zero (fresh).",
        ),
    ] = None,
    lowercase: Annotated[
        bool, typer.Option("--lowercase", help="Read text in lower case.")
    ] = False,
    held_out: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of the text kept from training.")
    ] = 0.0,
    evaluate_every: Annotated[
        int | None,
        typer.Option(min=1, help="Steps between samples (5,000); epochs of minibatches (1)."),
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the loss curve to this PNG.")] = None,
    minibatches: Minibatches,
    decoding: options.Decoding,
    computing: options.Computing,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Train a character model on names, or on running text.

    Gradient descent with clipping, a line or a piece of text a step, as in the tutorial; with
    --batch-size running text in minibatches. Lines are shuffled; from one piece of text to the
    next the state is carried on. Ctrl-C ends training and writes the model.
    """
    of_lines = {"longest_line": longest_line, "carry_state": carry_state}
    if minibatches.batch_size is not None:
        from rnn_graph.cli.minibatch_training import train_in_minibatches
        from rnn_graph.data.corpus import read_characters

        pieces = {"iterations": iterations, "piece_length": piece_length}
        refuse_given(pieces | of_lines, "is not for minibatches")
        if unit == UnitName.LINE:
            raise InputError("--unit line is not for minibatches; leave out --batch-size")
        train_in_minibatches(
            partial(
                read_characters,
                data,
                lowercase=lowercase,
                held_out=held_out,
                valid=minibatches.valid,
                decoding=vars(decoding),
            ),
            data,
            out,
            minibatches,
            computing,
            held_out=held_out,
            plot=plot,
            as_json=as_json,
            cell="elman" if cell == CharCellName.RNN else cell,
            schedule=schedule,
            seed=seed,
            hidden_dim=hidden_dim,
            learning_rate=learning_rate,
            epochs=epochs,
            evaluate_every=evaluate_every,
        )
        return
    minibatches.refuse_all(schedule)
    refuse_given({"epochs": epochs}, "is for minibatches, which --batch-size turns on")
    from rnn_graph.checks import require_above_zero
    from rnn_graph.cli.char_training import (
        PIECE_LENGTH,
        CharSettings,
        read_lines_to_train,
        read_text_to_train,
        train_and_save_char,
    )
    from rnn_graph.cli.console import log, print_json
    from rnn_graph.cli.models import build_char_model, refuse_numpy
    from rnn_graph.data.characters import LONGEST_LINE
    from rnn_graph.files.atomic import check_outputs
    from rnn_graph.files.provenance import as_line

    refuse_numpy(computing, "character models")
    check_outputs([out, plot], inputs=[data])
    learning_rate = 0.01 if learning_rate is None else learning_rate
    require_above_zero(learning_rate=learning_rate)
    of_text = {"piece_length": piece_length}
    reading = {"lowercase": lowercase, "held_out": held_out, **vars(decoding)}
    if unit != UnitName.TEXT:
        refuse_given(of_text, "is for --unit text")
        reading |= chosen(of_lines, longest_line=LONGEST_LINE, carry_state=False)
        text = read_lines_to_train(data, seed=seed, **reading)
    else:
        refuse_given(of_lines, "is for --unit line")
        text = read_text_to_train(data, **reading, **chosen(of_text, piece_length=PIECE_LENGTH))
    size = len(text.vocabulary)
    log(f"{data}: {text.description}, {size:,} different characters")
    model = build_char_model(
        "rnn" if cell == CharCellName.ELMAN else cell,
        text.vocabulary,
        hidden_dim=50 if hidden_dim is None else hidden_dim,
        seed=seed,
        computing=computing,
    )
    settings = CharSettings(
        35_000 if iterations is None else iterations,
        learning_rate,
        schedule,
        5_000 if evaluate_every is None else evaluate_every,
        seed,
    )
    result = train_and_save_char(model, text, settings, out=out, data=str(data), plot=plot)
    if as_json:
        print_json(asdict(result))
        return
    print(f"model {result.model}")
    step = "piece" if unit == UnitName.TEXT else "line"
    print(f"smoothed loss {result.smoothed_loss:.4f} nats a {step}")
    for name, score in (("loss", result.score), ("held-out loss", result.held_out)):
        if score:
            print(f"{name} {score['nats']:.4f} nats, {score['bits']:.4f} bits a character")
    log(as_line(result.signature))
