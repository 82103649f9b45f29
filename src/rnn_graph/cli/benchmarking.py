"""What `rnn-graph bench` says while it runs, and the tables that it prints."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rnn_graph.benchmark.report.tables import Table, contender_table, growth_table, sizes_line
from rnn_graph.benchmark.selection import Selection
from rnn_graph.cli import options
from rnn_graph.cli.console import error_console
from rnn_graph.errors import InputError


def selected(computing: options.Computing, only: Sequence[str] | None) -> Selection:
    """The contenders that the options of a command line ask for."""
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
def telling_progress(workload: str) -> Iterator[Callable[[str], None]]:
    """What to call with what is being done; a line on stderr, if that is a terminal."""
    console = error_console()
    if not console.is_terminal:
        yield lambda doing: None
        return
    with console.status(workload) as status:
        yield lambda doing: status.update(f"{workload}: {doing}")


def print_workload(workload: dict[str, Any]) -> None:
    """The tables of a workload's results on stdout."""
    print(f"{workload['name']}: {workload['title']}\n{sizes_line(workload)}\n")
    if workload["contenders"]:
        print_table(contender_table(workload))
    if workload["growth"]:
        print_table(growth_table(workload))


def print_table(table: Table) -> None:
    """A table on stdout; on a narrow terminal cells take several lines."""
    from rich import table as rich
    from rich.console import Console

    printed = rich.Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    for number, header in enumerate(table.headers):
        if number < table.text_columns:
            printed.add_column(header, overflow="fold")
        else:
            width = table.narrowest_width(number)
            printed.add_column(header, justify="right", overflow="fold", width=width)
    for row in table.rows:
        printed.add_row(*row)
    console = Console(highlight=False, markup=False)
    console.print(printed)
    print()
    for note in table.notes:
        console.print(note)
    print()


def fails(results: dict[str, Any]) -> bool:
    """Whether someone computes something else, or one of this project's programs broke down."""
    return any(
        contender["status"] == "wrong"
        or (contender["status"] == "failed" and contender["kind"] == "ours")
        for workload in results["workloads"]
        for contender in (*workload["contenders"], *workload["growth"])
    )
