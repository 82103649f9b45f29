"""`rnn-graph gradcheck`: are the gradients right?"""

from typing import Annotated, Any

import typer

from rnn_graph.cli import options

EXAMPLE = "Example: rnn-graph gradcheck --backend jax"
TUTORIAL_X, TUTORIAL_Y = [0, 1, 2, 3], [1, 2, 3, 4]
LARGEST_ERROR = 1e-10


def gradcheck(
    word_dim: Annotated[
        int, typer.Option("--vocabulary-size", min=5, help="Vocabulary size.")
    ] = 100,
    hidden_dim: Annotated[int, typer.Option(min=1, help="Hidden units.")] = 10,
    length: Annotated[int, typer.Option(min=1, help="Length of the sentence in words.")] = 12,
    bptt_truncate: Annotated[int, typer.Option(min=0, help="Truncation k.")] = 4,
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
    from rnn_graph.checks import require_room_for_libraries
    from rnn_graph.cli.console import print_json

    require_room_for_libraries()
    result = _check_gradients(
        word_dim, hidden_dim, length, bptt_truncate, backend=backend, device=device, seed=seed
    )
    if as_json:
        print_json(result)
    else:
        _print_table(result, bptt_truncate, length)
    if not result["passed"]:
        raise typer.Exit(1)


def _check_gradients(
    word_dim: int,
    hidden_dim: int,
    length: int,
    bptt_truncate: int,
    *,
    backend: str,
    device: str,
    seed: int,
) -> dict[str, Any]:
    """Relative errors of gradients by parameter, and whether those that should be small are."""
    from rnn_graph.backend.devices import choose_backend
    from rnn_graph.checks import require_sizes
    from rnn_graph.errors import InputError
    from rnn_graph.randomness import as_random_generator
    from rnn_graph.reference.rnn_numpy import RNNNumpy
    from rnn_graph.tutorials.gradient_check import gradient_check_theano
    from rnn_graph.tutorials.rnn_theano import RNNTheano
    from rnn_graph.tutorials.scan_graph import literal_gradients

    if backend == "numpy":
        raise InputError("numpy is what the others are checked against; give another --backend")
    require_sizes(length=length)
    chosen = choose_backend(backend, device, "float64")
    compiled = {"backend": chosen.name, "device": device, "dtype": "float64"}

    untruncated = RNNTheano(word_dim, hidden_dim, None, rng=seed, **compiled)
    reference_check = RNNNumpy(word_dim, hidden_dim, None, rng=seed).gradient_check(
        TUTORIAL_X, TUTORIAL_Y
    )
    compiled_check = gradient_check_theano(untruncated, TUTORIAL_X, TUTORIAL_Y)

    generator = as_random_generator(seed)
    x, y = (generator.random((2, length)) * word_dim).astype("int32")
    reference = RNNNumpy(word_dim, hidden_dim, bptt_truncate, rng=seed)
    expected = reference.bptt(x, y)
    truncated = RNNTheano(word_dim, hidden_dim, bptt_truncate, rng=seed, **compiled)
    exact = _errors(expected, truncated.bptt(x, y))
    by_scan = literal_gradients(reference.get_parameters(), x, y, bptt_truncate, chosen)
    return {
        "backend": chosen.name,
        "finite_differences": {
            "numpy": reference_check.relative_errors,
            "compiled": compiled_check.relative_errors,
        },
        "truncated": {"compiled": exact, "scan": _errors(expected, by_scan)},
        "passed": bool(reference_check and compiled_check and max(exact.values()) <= LARGEST_ERROR),
    }


def _errors(expected: list, found: list) -> dict[str, float]:
    """The largest difference of an element, relative to the largest element."""
    return {
        name: float(abs(e - f).max() / abs(e).max())
        for name, e, f in zip("UVW", expected, found, strict=True)
    }


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
