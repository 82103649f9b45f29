"""`rnn-graph bench`: how long does it take, and what is learned, against what?"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from rnn_graph import names
from rnn_graph.cli import options
from rnn_graph.cli.help import Command, Group

RUN_EXAMPLE = "Example: rnn-graph bench run lm-step char-step --rounds 7 --save results.json"
REPORT_EXAMPLE = "Example: rnn-graph bench report results.json --html report.html"
COMPARE_EXAMPLE = "Example: rnn-graph bench compare before.json after.json"
ROUNDS = 5


class WorkloadName(StrEnum):
    """The names of `rnn_graph.benchmark.suite.NAMES`, which imports NumPy."""

    LM_STEP = "lm-step"
    LM_STEP_FULL = "lm-step-full"
    LM_EPOCH = "lm-epoch"
    TAGGER_WORD = "tagger-word"
    TAGGER_SENTENCE = "tagger-sentence"
    CHAR_STEP = "char-step"
    LM_BATCH = "lm-batch"
    CHAR_LSTM_BATCH = "char-lstm-batch"
    GENERATE = "generate"
    LEARN_WORDS = "learn-words"
    LEARN_CHARS = "learn-chars"
    LEARN_TAGS = "learn-tags"


CellName = options.choice("CellName", names.CELLS)


class RunsUnlessTold(Group):
    """A group whose first argument, if it names no command, is one of `run`."""

    def parse_args(self, ctx, args):
        if args and args[0] not in {*self.commands, *self.get_help_option_names(ctx)}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


PADDING = 2  # blanks between the columns of a table

app = typer.Typer(
    cls=RunsUnlessTold,
    help="Time the same work on every backend, in other libraries, and against the floor.",
    epilog="rnn-graph bench WORKLOAD… is rnn-graph bench run WORKLOAD…",
    no_args_is_help=True,
)


def _size(help_: str, **bounds: int):
    return typer.Option(help=help_, rich_help_panel="Sizes, where a workload has them", **bounds)


def _learning(help_: str, **settings: Any):
    return typer.Option(help=help_, rich_help_panel="Of learn-words, -chars, -tags", **settings)


@app.command(epilog=RUN_EXAMPLE, cls=Command)
@options.with_groups
def run(
    *,
    workloads: Annotated[
        list[WorkloadName], typer.Argument(help=f"One or more of {', '.join(WorkloadName)}.")
    ],
    rounds: Annotated[
        int | None, typer.Option(min=1, help="Rounds in which contenders take turns; 5.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Contenders of these names alone; * stands for anything. Repeatable."),
    ] = None,
    growth: Annotated[
        bool, typer.Option("--growth", help="The sizes at 1, 2 and 4 times their own instead.")
    ] = False,
    save: Annotated[
        Path | None, typer.Option(help="Write the results to this file too, for report, compare.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of each contender; one for each processor.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Text, tagged sentences or names, instead of embedded ones.")
    ] = None,
    vocabulary_size: Annotated[int | None, _size("V.", min=4)] = None,
    hidden_dim: Annotated[int | None, _size("H.", min=1)] = None,
    length: Annotated[int | None, _size("T, steps in time.", min=1)] = None,
    batch_size: Annotated[int | None, _size("B.", min=1)] = None,
    bptt_truncate: Annotated[int | None, _size("k; -1 for the whole sentence.")] = None,
    seeds: Annotated[
        int | None, _learning("Number of trainings, each from another seed; 3.", min=1)
    ] = None,
    epochs: Annotated[int | None, _learning("Number of training epochs; 8.", min=1)] = None,
    layers: Annotated[int | None, _learning("Recurrent layers.", min=1)] = None,
    cell: Annotated[CellName | None, _learning("elman, gru or lstm.", metavar="NAME")] = None,
    computing: options.Computing,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Time one workload after another.

    Each contender's losses and parameters are checked against the reference before it is timed.
    Times are medians over rounds; ratios are taken within a round.

    learn-words, learn-chars and learn-tags compare what is learned: the held-out score after each
    epoch, of the default recipe and of PyTorch's own layers with the same sizes, data and order.
    """
    from rnn_graph.benchmark import suite
    from rnn_graph.benchmark.environment import environment
    from rnn_graph.benchmark.processors import usable_processors
    from rnn_graph.benchmark.report.results import FORMAT
    from rnn_graph.cli.console import as_json_text, print_json
    from rnn_graph.errors import InputError
    from rnn_graph.files.atomic import atomic_write, check_outputs

    check_outputs([save], inputs=[data] if data else [])
    sizes = {
        "vocabulary_size": vocabulary_size,
        "hidden_dim": hidden_dim,
        "length": length,
        "batch_size": batch_size,
        "bptt_truncate": bptt_truncate,
        "seeds": seeds,
        "epochs": epochs,
        "layers": layers,
        "cell": options.plain(cell),
        "data": None if data is None else str(data),
    }
    settings = {name: value for name, value in sizes.items() if value is not None}
    if bptt_truncate is not None and bptt_truncate < 0:
        settings["bptt_truncate"] = None
    for workload in workloads:
        suite.check_settings(workload, settings | ({"rounds": rounds} if rounds else {}))
    if threads is not None and threads > usable_processors():
        raise InputError(
            f"--threads is {threads}; give at most {usable_processors()}, one for each processor"
        )
    threads = threads or usable_processors()
    results = {"format": FORMAT, "environment": environment(threads), "workloads": []}
    measure = suite.sweep if growth else suite.run
    for workload in workloads:
        with _telling_progress(workload) as tell:
            found = measure(
                workload,
                _selected(computing, only),
                settings=settings,
                rounds=rounds or ROUNDS,
                threads=threads,
                seed=seed,
                on_progress=tell,
            )
        results["workloads"].append(found)
        if not as_json:
            _print_workload(found)
        if save is not None:
            with atomic_write(save) as file:
                file.write(as_json_text(results).encode())
    if as_json:
        print_json(results)
    if _fails(results):
        raise typer.Exit(1)


@app.command(epilog=REPORT_EXAMPLE, cls=Command)
def report(
    files: Annotated[list[Path], typer.Argument(help="Saved results.")],
    html: Annotated[Path | None, typer.Option(help="The page to write, with pictures.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="The document to write.")] = None,
) -> None:
    """Make a report of one or more runs: a page that needs nothing else, or Markdown."""
    from rnn_graph.benchmark.report.html_report import render_html
    from rnn_graph.benchmark.report.markdown import render_markdown
    from rnn_graph.benchmark.report.results import read_results
    from rnn_graph.cli.console import log
    from rnn_graph.errors import InputError
    from rnn_graph.files.atomic import atomic_write, check_outputs

    if html is None and markdown is None:
        raise InputError("nothing to write; give --html FILE, --markdown FILE, or both")
    check_outputs([html, markdown], inputs=files)
    results = [read_results(file) for file in files]
    for path, render in ((html, render_html), (markdown, render_markdown)):
        if path is not None:
            with atomic_write(path) as file:
                file.write(render(results).encode())
            log(f"report in {path}")


@app.command(epilog=COMPARE_EXAMPLE, cls=Command)
def compare(
    before: Annotated[Path, typer.Argument(help="Saved results.")],
    after: Annotated[Path, typer.Argument(help="Others, of the same workloads.")],
    as_json: options.Json = False,
) -> None:
    """Say what became faster or slower, or learns more or less, from one run to another.

    The verdict is about ratios within each run, so that a busier machine does not count.
    """
    from dataclasses import asdict

    from rnn_graph.benchmark.report import comparison
    from rnn_graph.benchmark.report.results import read_results
    from rnn_graph.cli.console import print_json

    runs = read_results(before), read_results(after)
    changes, notes = comparison.compare(*runs), comparison.environment_notes(*runs)
    if as_json:
        print_json({"changes": [asdict(change) for change in changes], "notes": notes})
    else:
        _print_table(comparison.comparison_table(changes, notes=notes))


def _selected(computing: options.Computing, only: Sequence[str] | None) -> Any:
    """The contenders that the options of a command line ask for."""
    from rnn_graph.benchmark.selection import Selection
    from rnn_graph.errors import InputError

    chosen: dict[str, tuple[str, ...]] = {"patterns": tuple(only or ())}
    if computing.backend == options.BackendName.NUMPY:
        raise InputError(
            "the numpy backend is the reference, which is always there; give --backend jax, numba"
            " or c, or leave it out"
        )
    if computing.backend != options.BackendName.AUTO:
        chosen["backends"] = (str(computing.backend),)
    if computing.dtype:
        chosen["dtypes"] = (str(computing.dtype),)
    if computing.device != options.DeviceName.AUTO:
        chosen["devices"] = (str(computing.device),)
    return Selection(**chosen)


@contextmanager
def _telling_progress(workload: str) -> Iterator[Callable[[str], None]]:
    """What to call with what is being done; a line on stderr, if that is a terminal."""
    from rnn_graph.cli.console import error_console

    console = error_console()
    if not console.is_terminal:
        yield lambda doing: None
        return
    with console.status(workload) as status:
        yield lambda doing: status.update(f"{workload}: {doing}")


def _print_workload(workload: dict[str, Any]) -> None:
    """The tables of a workload's results on stdout."""
    from rnn_graph.benchmark.report.result_tables import learned_tables
    from rnn_graph.benchmark.report.tables import contender_table, growth_table, sizes_line
    from rnn_graph.cli.console import say

    say(f"{workload['name']}: {workload['title']}", hanging=2)
    say(sizes_line(workload), hanging=2)
    print()
    if workload.get("learning"):
        for table in learned_tables(workload):
            _print_table(table)
    if workload["contenders"]:
        _print_table(contender_table(workload))
    if workload["growth"]:
        _print_table(growth_table(workload))


def _print_table(table) -> None:
    """A table on stdout; where it does not fit, a block of lines a row."""
    from rich import table as rich
    from rich.console import Console

    from rnn_graph.cli.console import say

    console = Console(highlight=False, markup=False)
    widths = _column_widths(table, console.width)
    if widths:
        # Padding on the right, but for the last column, which stands at the edge.
        printed = rich.Table(
            box=None, header_style="bold", pad_edge=False, padding=(0, PADDING, 0, 0)
        )
        for number, (header, width) in enumerate(zip(table.headers, widths, strict=True)):
            side = "left" if number < table.text_columns else "right"
            printed.add_column(header, justify=side, width=width)
        for row in table.rows:
            printed.add_row(*row)
        console.print(printed)
    else:
        for first, *rest in table.rows:
            say(first, hanging=2)
            for header, cell in zip(table.headers[1:], rest, strict=True):
                say(f"  {header}: {cell}", hanging=4)
    print()
    for note in table.notes:
        say(note, hanging=2)
    print()


def _column_widths(table, available: int) -> list[int]:
    """Widths in which words break between words and figures not at all; none if there are none."""
    whole, least = [], []
    for number, (header, *cells) in enumerate(zip(table.headers, *table.rows, strict=True)):
        words = _longest_word if number < table.text_columns else len
        whole.append(max(map(len, [header, *cells])))
        least.append(max(_longest_word(header), *map(words, cells)))
    left = available - sum(least) - PADDING * len(least)
    if left < 0:
        return []
    for number, width in enumerate(whole):
        more = min(left, width - least[number])
        least[number] += more
        left -= more
    return least


def _longest_word(text: str) -> int:
    return max(map(len, text.split()), default=0)


def _fails(results: dict[str, Any]) -> bool:
    """Whether someone computes something else, or one of this project's programs broke down."""
    return any(
        contender["status"] == "wrong"
        or (contender["status"] == "failed" and contender["kind"] == "ours")
        for workload in results["workloads"]
        for contender in (*workload["contenders"], *workload["growth"])
    )
