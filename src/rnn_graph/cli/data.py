"""`rnn-graph data`: texts to train on."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options
from rnn_graph.cli.help import Command, Group

app = typer.Typer(
    cls=Group, help="List, draw and fetch texts; build vocabularies.", no_args_is_help=True
)

LIST_EXAMPLE = "Example: rnn-graph data list"
SAMPLE_EXAMPLE = "Example: rnn-graph data sample -n 2000 --out sentences.txt"
COLORS_EXAMPLE = "Example: rnn-graph data colors --out colors.txt"
QUERIES_EXAMPLE = "Example: rnn-graph data queries -n 2000 --out queries.conll"
FETCH_EXAMPLE = "Example: rnn-graph data fetch reddit-comments"
VOCABULARY_EXAMPLE = "Example: rnn-graph data vocabulary --data comments.csv --out vocabulary.txt"


@app.command("list", epilog=LIST_EXAMPLE, cls=Command)
def list_(as_json: options.Json = False) -> None:
    """List the texts that this program knows."""
    from rnn_graph.cli.console import print_json, say
    from rnn_graph.datasets.originals import ORIGINALS

    rows = [
        {
            "name": original.name,
            "description": original.description,
            "size": original.size,
            "license": original.license,
            "url": original.url,
        }
        for original in ORIGINALS.values()
    ]
    if as_json:
        print_json(rows)
        return
    say(
        "embedded: `rnn-graph data sample` draws sentences, `rnn-graph data queries` flight queries"
        " with slot labels, both from a grammar; `rnn-graph data colors` has 920 names; no network"
        " needed",
        hanging=2,
    )
    for row in rows:
        size = f"{row['size']:,} bytes"
        say(f"{row['name']}: {row['description']} ({size}; {row['license']})", hanging=2)


@app.command(epilog=SAMPLE_EXAMPLE, cls=Command)
def sample(
    count: Annotated[int, typer.Option("-n", min=1, help="Sentences to draw.")] = 10,
    out: Annotated[Path | None, typer.Option(help="A text file; stdout if not given.")] = None,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Draw comment-like sentences from the embedded grammar, one a line.

    With --json also each sentence's true log-probability. Train on them with --pre-split
    --tokenizer whitespace.
    """
    from rnn_graph.cli.console import print_json
    from rnn_graph.datasets import sample_sentences
    from rnn_graph.files.atomic import check_outputs

    check_outputs([out])
    sentences = sample_sentences(count, rng=seed)
    if as_json:
        print_json([{"text": " ".join(s.words), "ln_p": s.log_probability} for s in sentences])
        return
    _write_lines(out, (" ".join(sentence.words) for sentence in sentences))


@app.command(epilog=QUERIES_EXAMPLE, cls=Command)
def queries(
    count: Annotated[int, typer.Option("-n", min=1, help="Queries to draw.")] = 10,
    out: Annotated[Path | None, typer.Option(help="A CoNLL file; stdout if not given.")] = None,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Draw flight queries whose words have slot labels: `word label` lines, a blank one between."""
    from rnn_graph.cli.console import print_json
    from rnn_graph.datasets import sample_flight_queries
    from rnn_graph.files.atomic import check_outputs

    check_outputs([out])
    sentences = sample_flight_queries(count, rng=seed)
    if as_json:
        print_json([sentence._asdict() for sentence in sentences])
        return
    _write_lines(
        out,
        (
            line
            for sentence in sentences
            for line in (*map(" ".join, zip(*sentence, strict=True)), "")
        ),
    )


@app.command(epilog=COLORS_EXAMPLE, cls=Command)
def colors(
    out: Annotated[Path | None, typer.Option(help="A text file; stdout if not given.")] = None,
    as_json: options.Json = False,
) -> None:
    """Write 920 names of colors, one a line: something to train character models on."""
    from rnn_graph.cli.console import print_json
    from rnn_graph.datasets import color_names
    from rnn_graph.files.atomic import check_outputs

    check_outputs([out])
    if as_json:
        print_json(color_names())
        return
    _write_lines(out, color_names())


@app.command(epilog=FETCH_EXAMPLE, cls=Command)
def fetch(
    name: Annotated[str, typer.Argument(help="A name from `rnn-graph data list`.")],
    copy: Annotated[
        Path | None, typer.Option("--from", help="Use this copy instead of a download.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="A mirror to download from.")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="The folder to keep it in (RNN_GRAPH_CACHE).")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Download an original data set, check its SHA-256, and print where it lies.

    An interrupted download goes on where it stopped.
    """
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    from rnn_graph.cli.console import error_console, print_json
    from rnn_graph.datasets.originals import fetch as fetch_original

    console = error_console()
    with Progress(
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(name, total=None, visible=False)

        def show(done: int, total: int | None) -> None:
            progress.update(task, completed=done, total=total, visible=True)

        path = fetch_original(name, copy=copy, url=url, cache=cache, progress=show)
    if as_json:
        print_json({"name": name, "path": str(path)})
    else:
        print(path)


@app.command(epilog=VOCABULARY_EXAMPLE, cls=Command)
@options.with_groups
def vocabulary(
    *,
    data: options.DataFile,
    size: Annotated[
        int, typer.Option(help="Number of most frequent words in the vocabulary.")
    ] = 8000,
    out: Annotated[Path | None, typer.Option(help="A text file; stdout if not given.")] = None,
    reading: options.Reading,
    as_json: options.Json = False,
) -> None:
    """Write a text's most frequent words, one a line, in order of their ids."""
    from rnn_graph.cli.console import print_json
    from rnn_graph.data.sentences import count_tokens, read_sentences
    from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, Vocabulary
    from rnn_graph.files.atomic import check_outputs

    check_outputs([out], inputs=[data])
    counts = count_tokens(read_sentences(data, **reading.given()))
    built = Vocabulary.from_counts(counts, size, required=(SENTENCE_START, SENTENCE_END))
    if as_json:
        print_json(built.tokens)
        return
    _write_lines(out, built.tokens)


def _write_lines(out: Path | None, lines) -> None:
    from rnn_graph.files.atomic import atomic_write

    if out is None:
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return
    with atomic_write(out) as stream:
        stream.writelines(f"{line}\n".encode() for line in lines)
