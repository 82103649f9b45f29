"""`rnn-graph gradcheck`: are the gradients right?"""

from typing import Annotated

import typer

from rnn_graph.cli import options

EXAMPLE = "Example: rnn-graph gradcheck --backend jax"


def gradcheck(
    word_dim: Annotated[int, typer.Option("--vocabulary-size", min=5, help="Words.")] = 100,
    hidden_dim: Annotated[int, typer.Option(min=1, help="Hidden units.")] = 10,
    length: Annotated[int, typer.Option(min=1, help="Words of the truncated sentence.")] = 12,
    bptt_truncate: Annotated[int, typer.Option(min=0, help="k of the truncated check.")] = 4,
    backend: options.BackendName = options.BackendName.AUTO,
    device: options.DeviceName = options.DeviceName.AUTO,
    seed: options.Seed = 10,
    as_json: options.Json = False,
) -> None:
    """Check the gradients of the word model from four sides, in float64.

    Finite differences against both models' BPTT (the tutorial's check); the compiled truncated
    BPTT against the NumPy reference, element by element; and, for comparison, what
    scan(truncate_gradient=k) computes instead. Exit status 1 if a check fails.
    """
    from rnn_graph.cli.console import print_json
    from rnn_graph.cli.gradients import check_gradients

    result = check_gradients(
        word_dim, hidden_dim, length, bptt_truncate, backend=backend, device=device, seed=seed
    )
    if as_json:
        print_json(result)
    else:
        _print_table(result, bptt_truncate, length)
    if not result["passed"]:
        raise typer.Exit(1)


def _print_table(result, bptt_truncate: int, length: int) -> None:
    print("finite differences against BPTT, largest relative error of an element")
    for name in ("numpy", "compiled"):
        print(f"  {name:10}" + _row(result["finite_differences"][name]))
    print(f"truncated BPTT against the NumPy reference, T = {length}, k = {bptt_truncate}")
    print(f"  {'compiled':10}" + _row(result["truncated"]["compiled"]))
    print(f"  {'scan':10}" + _row(result["truncated"]["scan"]) + "   truncate_gradient=k")
    print("passed" if result["passed"] else "FAILED", f"({result['backend']})")


def _row(errors: dict[str, float]) -> str:
    return "".join(f"  d{name} {error:7.1e}" for name, error in errors.items())
