"""`rnn-graph bench`: how long does it take, against what?"""

from typing import Annotated

import typer

from rnn_graph.cli import options

app = typer.Typer(help="Time the same work on every backend.", no_args_is_help=True)

EXAMPLE = "Example: rnn-graph bench lm-step --backend jax --rounds 10"

GROWTH_FACTORS = (1, 2, 4)


@app.callback()
def _workloads() -> None:
    pass


@app.command("lm-step", epilog=EXAMPLE)
@options.with_groups
def lm_step(
    *,
    vocabulary_size: Annotated[int, typer.Option(min=4, help="V.")] = 8000,
    hidden_dim: Annotated[int, typer.Option(min=1, help="H.")] = 100,
    length: Annotated[int, typer.Option(min=1, help="Words of the sentence, T.")] = 45,
    bptt_truncate: Annotated[int, typer.Option(help="k; -1 for the whole sentence.")] = 4,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds in which contenders take turns.")] = 5,
    growth: Annotated[
        bool, typer.Option("--growth", help="The step at 1, 2 and 4 times T, V and H instead.")
    ] = False,
    computing: options.Computing,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Time a training step of the word model: NumPy against every installed backend.

    Each contender's loss and parameters are checked against the reference before it is timed.
    Times are medians over rounds; ratios are taken within a round.
    """
    from rnn_graph.benchmark.lm_step import StepSizes, measure_step
    from rnn_graph.cli.console import print_json
    from rnn_graph.compiling import choose_backend

    sizes = StepSizes(
        vocabulary_size, hidden_dim, length, None if bptt_truncate < 0 else bptt_truncate
    )
    chosen = None
    if computing.backend != options.BackendName.AUTO:
        chosen = [choose_backend(computing.backend).name]
    settings = {
        "backends": chosen,
        "dtypes": (computing.dtype,) if computing.dtype else ("float32", "float64"),
        "device": computing.device,
        "rounds": rounds,
        "seed": seed,
    }
    if growth:
        from rnn_graph.benchmark.growth import measure_growth

        result = measure_growth(sizes, GROWTH_FACTORS, **settings)
        print_json(result) if as_json else _print_growth(result)
        return
    result = measure_step(sizes, **settings)
    print_json(result) if as_json else _print_table(result)


def _print_table(result) -> None:
    table = _table("contender", "compile s", "first call s", "ms a step", "× numpy", "× floor")
    for row in result["contenders"]:
        table.add_row(
            row["name"],
            f"{row['compile_s']:.2f}",
            f"{row['first_call_s']:.2f}",
            f"{row['steady_ms']:.2f}",
            f"{row['times_numpy']:.1f}",
            f"{row['times_floor']:.2f}",
        )
    _print(table, result)
    print(
        "× numpy: how many times as fast as the reference. × floor: time over that of the fastest"
        " matrix products in the same precision."
    )


def _print_growth(result) -> None:
    table = _table("grows", "to", "ms a step", "times as long")
    for row in result["rows"]:
        table.add_row(
            f"{row['axis']} × {row['factor']}",
            str(row["size"]),
            f"{row['steady_ms']:.2f}",
            f"{row['times_as_long']:.2f}",
        )
    _print(table, result)
    print(f"contender: {result['contender']}")


def _table(first: str, *others: str):
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", overflow="fold")
    return table


def _print(table, result) -> None:
    from rich.console import Console

    Console(highlight=False).print(table)
    sizes = result["sizes"]
    print(
        f"V = {sizes['word_dim']}, H = {sizes['hidden_dim']}, T = {sizes['length']},"
        f" k = {sizes['bptt_truncate']}; {result['machine']};"
        f" {', '.join(f'{name} {version}' for name, version in result['versions'].items())}"
    )
