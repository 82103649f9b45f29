"""`rnn-graph bench`: how long does it take, and what is learned, against what?"""

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from rnn_graph import names
from rnn_graph.cli import options
from rnn_graph.cli.help import Command, Group

RUN_EXAMPLE = "Example: rnn-graph bench run lm-step char-step --rounds 7 --save results.json"
QUICK_EXAMPLE = "rnn-graph bench run --quick --save results.json"
REPORT_EXAMPLE = "Example: rnn-graph bench report results.json --html report.html"
COMPARE_EXAMPLE = "Example: rnn-graph bench compare before.json after.json"
ROUNDS, QUICK_ROUNDS = 5, 1


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
        list[WorkloadName] | None,
        typer.Argument(
            metavar="WORKLOADS",
            help=f"One or more of {', '.join(WorkloadName)}; with --quick all that are timed.",
        ),
    ] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="Number of rounds (5).")] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="One short round, without programs that are slow to start."),
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Names of contenders to run; * matches anything. Repeatable."),
    ] = None,
    growth: Annotated[
        bool, typer.Option("--growth", help="Measure at 1, 2 and 4 times each size instead.")
    ] = False,
    save: Annotated[
        Path | None, typer.Option(help="Also save the results, for report and compare.")
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Threads of each contender; default: one per processor."),
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
    Times are medians over rounds; ratios are taken within a round. With --quick all workloads that
    are timed take a few minutes.

    learn-words, learn-chars and learn-tags compare what is learned: the held-out score after each
    epoch, of the default recipe and of PyTorch's own layers with the same sizes, data and order.
    """
    from rnn_graph.backend.processors import usable_processors
    from rnn_graph.benchmark import suite
    from rnn_graph.benchmark.environment import environment
    from rnn_graph.benchmark.report.results import FORMAT
    from rnn_graph.benchmark.report.terminal import missing_lines, workload_lines
    from rnn_graph.cli.console import as_json_text, print_json
    from rnn_graph.errors import InputError
    from rnn_graph.files.atomic import atomic_write, check_outputs

    check_outputs([save], inputs=[data] if data else [])
    if quick and growth:
        raise InputError("--quick has no --growth; leave one of them out")
    if not workloads and not quick:
        raise InputError(f"no workload is named; give one, or --quick for all: {QUICK_EXAMPLE}")
    chosen = [str(workload) for workload in workloads or suite.WORKLOADS]
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
    timing = ({"rounds": rounds} if rounds else {}) | ({"quick": True} if quick else {})
    selection = _selected(computing, only, quick=quick)
    for workload in chosen:
        suite.check_settings(workload, settings | timing)
        suite.check_names(workload, selection, settings)
    if threads is not None and threads > usable_processors():
        raise InputError(
            f"--threads is {threads}; give at most {usable_processors()}, one for each processor"
        )
    threads = threads or usable_processors()
    results = {"format": FORMAT, "environment": environment(threads), "workloads": []}
    measure = suite.sweep if growth else partial(suite.run, quick=quick)
    for workload in chosen:
        with _telling_progress(workload) as tell:
            found = measure(
                workload,
                selection,
                settings=settings,
                rounds=rounds or (QUICK_ROUNDS if quick else ROUNDS),
                threads=threads,
                seed=seed,
                on_progress=tell,
            )
        results["workloads"].append(found)
        if not as_json:
            _print_lines(workload_lines(found, _width()))
        if save is not None:
            with atomic_write(save) as file:
                file.write(as_json_text(results).encode())
    if as_json:
        print_json(results)
    else:
        _print_lines(missing_lines(results, _width()))
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
    after: Annotated[Path, typer.Argument(help="Results to compare with, of the same workloads.")],
    as_json: options.Json = False,
) -> None:
    """Say what became faster or slower, or learns more or less, from one run to another.

    The verdict is about ratios within each run, so that a busier machine does not count.
    """
    from dataclasses import asdict

    from rnn_graph.benchmark.report import comparison
    from rnn_graph.benchmark.report.results import read_results
    from rnn_graph.benchmark.report.terminal import table_lines
    from rnn_graph.cli.console import print_json

    runs = read_results(before), read_results(after)
    changes, notes = comparison.compare(*runs), comparison.environment_notes(*runs)
    if as_json:
        print_json({"changes": [asdict(change) for change in changes], "notes": notes})
    else:
        _print_lines(table_lines(comparison.comparison_table(changes, notes=notes), _width()))


def _selected(
    computing: options.Computing, only: Sequence[str] | None, *, quick: bool = False
) -> Any:
    """The contenders that the options of a command line ask for."""
    from dataclasses import replace

    from rnn_graph.benchmark.selection import QUICK, Selection
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
    return replace(QUICK if quick else Selection(), **chosen)


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


def _width() -> int:
    """The columns of the terminal; 80 of a file or a pipe, unless COLUMNS says other."""
    return shutil.get_terminal_size().columns


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
    sys.stdout.flush()


def _fails(results: dict[str, Any]) -> bool:
    """Whether someone computes something else, or one of this project's programs broke down."""
    return any(
        contender["status"] == "wrong"
        or (contender["status"] == "failed" and contender["kind"] == "ours")
        for workload in results["workloads"]
        for contender in (*workload["contenders"], *workload["growth"])
    )
