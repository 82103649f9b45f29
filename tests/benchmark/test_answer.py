"""The one sentence that a workload gives: true whoever is faster, and doubtful where rounds are."""

import pytest

from benchmark_results import (
    full_results,
    growth_row,
    learned_workload,
    measured,
    not_measured,
    ratio,
    workload,
)
from rnn_graph.benchmark.report.answer import answer, compared

OURS = "rnn_graph jax float32"


def timed(ours, *others, **changes):
    contenders = [measured(OURS, "ours", ours), *others]
    return workload(contenders, **{"reference": None, "sizes": {"V": 8}} | changes)


def pytorch(*seconds, name="PyTorch eager", **changes):
    return measured(name, "peer", seconds, **changes)


def floor(*seconds, bound="products"):
    return measured(f"floor: {bound} float32", "floor", seconds, bound=bound)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (ratio(1.9, 1.62, 2.2), "1.9 times as fast as X (1.6 to 2.2)"),
        (ratio(52.1, 47, 55), "52 times as fast as X (47 to 55)"),
        (ratio(1.03, 1.01, 1.06), "1.03 times as fast as X (1.01 to 1.1)"),
        (ratio(0.5, 0.4, 0.55), "slower than X (2.0 times its time, 1.8 to 2.5)"),
        (ratio(1.1, 0.95, 1.3), "about as fast as X (0.95 to 1.3 times)"),
        (ratio(0.97, 0.9, 1.0), "about as fast as X (0.90 to 1.00 times)"),
        (ratio(1.9, 1.4, 2.6, is_supported=False), "1.4 to 2.6 times as fast as X"),
        (ratio(0.5, 0.4, 0.8, is_supported=False), "slower than X (1.2 to 2.5 times its time)"),
        (
            ratio(1.2, 0.8, 1.9, is_supported=False),
            "no clear difference from X (0.80 to 1.9 times as fast)",
        ),
        (ratio(1.9, is_supported=False), "1.9 times as fast as X"),
        (ratio(0.5, is_supported=False), "slower than X (2.0 times its time)"),
    ],
)
def test_the_wording_follows_the_rounds(found, said):
    assert compared(found, "X") == said


def test_a_timed_workload():
    work = timed(
        [0.002, 0.0021, 0.0022],
        pytorch(0.004, 0.0041, 0.0042),
        floor(0.001, 0.0011, 0.001),
        floor(0.0001, 0.0001, 0.0001, bound="memory"),
    )
    assert answer(work) == (
        "A training step takes 2.10 ms: 2.0 times as fast as PyTorch as written (1.9 to 2.0),"
        " 2.0 times the time of its matrix products alone (1.9 to 2.2)."
    )


def test_a_slower_project_is_said_to_be_slower():
    work = timed([0.004, 0.0041, 0.0042], pytorch(0.002, 0.002, 0.002), unit="sentence")
    assert answer(work) == (
        "A drawn sentence takes 4.10 ms: slower than PyTorch as written (2.1 times its time,"
        " 2.0 to 2.1)."
    )


def test_without_products_the_memory_is_the_floor():
    work = timed([0.004] * 3, floor(0.001, 0.001, 0.001, bound="memory"))
    assert answer(work) == (
        "A training step takes 4.00 ms: 4.0 times the time in which memory moves its numbers once."
    )


def test_of_floors_the_lowest_counts():
    work = timed([0.004] * 3, floor(0.003, 0.003, 0.003), floor(0.002, 0.002, 0.002))
    assert "2.0 times the time of its matrix products" in answer(work)


def test_the_fastest_pytorch_is_named_where_it_is_another_program():
    truncated = {"V": 8, "k": 4}
    by_hand = pytorch(0.003, 0.003, 0.003)
    autograd = pytorch(0.006, 0.006, 0.006, name="PyTorch eager, full BPTT")
    both = answer(timed([0.002] * 3, by_hand, autograd, sizes=truncated))
    assert "3.0 times as fast as PyTorch as written, 1.5 times as fast as the fastest Py" in both
    # Gradients that are written by hand are not what a user writes first.
    alone = answer(timed([0.002] * 3, by_hand, sizes=truncated))
    assert "as written" not in alone
    assert "1.5 times as fast as the fastest PyTorch" in alone
    untruncated = answer(timed([0.002] * 3, by_hand, sizes={"k": "full"}))
    assert "1.5 times as fast as PyTorch as written." in untruncated


def test_one_round_is_named():
    assert answer(timed([0.002], pytorch(0.003))) == (
        "In one round a training step takes 2.00 ms: 1.5 times as fast as PyTorch as written."
    )


def test_on_each_device_there_is_a_sentence():
    gpu = {"device": "gpu"}
    work = timed(
        [0.004] * 3,
        measured(f"{OURS}, GPU", "ours", [0.001] * 3, **gpu),
        pytorch(0.008, 0.008, 0.008),
        pytorch(0.003, 0.003, 0.003, name="PyTorch eager, GPU", **gpu),
    )
    assert answer(work) == (
        "On the CPU a training step takes 4.00 ms: 2.0 times as fast as PyTorch as written."
        " On the GPU a training step takes 1.00 ms: 3.0 times as fast as PyTorch as written."
    )


def test_nobody_to_compare_with():
    assert answer(timed([0.002] * 3)) == "A training step takes 2.00 ms."


def test_other_rounds_are_not_compared():
    assert answer(timed([0.002] * 3, pytorch(0.003))) == "A training step takes 2.00 ms."


def test_this_project_was_not_measured():
    peer = pytorch(0.002, 0.002, 0.002)
    assert answer(workload([peer], ours=None)) == (
        "This project was not measured here; PyTorch eager, float32 takes 2.00 ms for a training"
        " step."
    )
    nobody = workload([not_measured("PyTorch eager", "missing", "no torch")], ours=None)
    assert answer(nobody).startswith("This project was not measured here, and neither")


def test_what_was_learned():
    assert answer(learned_workload()) == (
        "Training to the score that all reach takes 4.00 s: 1.1 to 1.2 times as fast as PyTorch;"
        " the best held-out perplexity is 45.0 (40.0 to 50.0), that of PyTorch 70.0 (60.0 to 80.0)."
    )
    learning = {"measure": "F1, %", "higher_is_better": True, "same_scores": [60.0, 80.0]}
    work = learned_workload(learning=learning)
    assert "the best held-out F1 is 85.0 % (80.0 to 90.0), that of PyTorch" in answer(work)
    work["contenders"] = work["contenders"][:1]
    assert answer(work) == "The best held-out F1 is 85.0 % (80.0 to 90.0)."
    assert answer(work | {"ours": None}) == "This project was not measured here."


def test_sizes_that_grow():
    growing = full_results()["workloads"][1]
    assert answer(growing) == (
        "A training step takes 3.9 times as long at 4 times the length (T), 1.8 times as long at 2"
        " times the vocabulary (V)."
    )
    nobody = [growth_row("T", 45, 1, "PyTorch eager", None, kind="peer")]
    assert answer(workload([], nobody)) == "This project was not measured here."
