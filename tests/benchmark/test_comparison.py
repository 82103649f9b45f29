import copy

import pytest

from benchmark_results import (
    NOT_INSTALLED,
    environment,
    full_results,
    measured,
    not_measured,
    ratio,
    results,
    workload,
)
from rnn_graph.benchmark.report.comparison import compare, comparison_table, environment_notes


def run(*contenders, **changes):
    return results(workload(contenders, **changes))


def ours(times_reference=None, seconds=0.1, **figures):
    name = "rnn_graph jax float32"
    return measured(name, "ours", [seconds], times_reference=times_reference, **figures)


def only_change(before, after):
    (change,) = compare(before, after)
    return change


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (ratio(10, 9, 11), ratio(15, 11.1, 16), "faster"),
        (ratio(10, 9, 11), ratio(15, 10.9, 16), "same"),
        (ratio(10, 9, 11), ratio(8, 7, 8.9), "slower"),
        (ratio(10, 9, 11), ratio(8, 7, 9.1), "same"),
        (ratio(10, 9, 11), ratio(99, 98, 99, is_supported=False), "unclear"),
        (ratio(10, 9, 11, is_supported=False), ratio(99, 98, 99), "unclear"),
    ],
)
def test_only_intervals_that_do_not_overlap_give_a_verdict(before, after, verdict):
    # By the clock it is slower each time: another machine, say.
    change = only_change(run(ours(before, 0.1)), run(ours(after, 0.4)))
    assert change.verdict == verdict
    assert change.against == "reference"
    assert change.relative == pytest.approx(after["median"] / before["median"])
    assert (change.before_s, change.after_s) == (0.1, 0.4)
    assert change.ratio == pytest.approx(0.25)
    assert bool(change.reason) == (verdict == "unclear")


def test_without_a_reference_the_floor_is_the_yardstick():
    before = run(ours(over_floor=ratio(4.0, 3.8, 4.2)), reference=None)
    after = run(ours(over_floor=ratio(2.0, 1.9, 2.1)), reference=None)
    change = only_change(before, after)
    assert (change.against, change.verdict) == ("floor", "faster")
    assert change.relative == pytest.approx(2.0)
    assert only_change(after, before).verdict == "slower"
    overlapping = run(ours(over_floor=ratio(3.5, 3.0, 3.9)), reference=None)
    assert only_change(before, overlapping).verdict == "same"


def test_a_peer_is_measured_against_ours_if_there_is_nothing_else():
    def peer(over_ours):
        return run(measured("peer", "peer", [1.0], over_ours=over_ours), reference=None)

    change = only_change(peer(ratio(2.0, 1.9, 2.1)), peer(ratio(4.0, 3.9, 4.1)))
    assert (change.against, change.verdict) == ("ours", "slower")


def test_another_reference_is_no_yardstick():
    before = run(ours(ratio(10, 9, 11)), reference="NumPy reference")
    after = run(ours(ratio(30, 29, 31)), reference="another one")
    change = only_change(before, after)
    assert (change.verdict, change.relative) == ("unclear", None)
    assert change.ratio == 1.0


def test_the_reference_itself_is_judged_against_the_floor_alone():
    def numpy(**figures):
        one = {"times_reference": ratio(1.0), "over_ours": ratio(50, 49, 51)}
        return run(measured("NumPy reference", "reference", [1.0], **one | figures))

    change = only_change(numpy(), numpy(over_ours=ratio(99, 98, 99)))
    assert (change.verdict, change.against) == ("unclear", None)
    floors = [numpy(over_floor=ratio(k, 0.9 * k, 1.1 * k)) for k in (5, 2)]
    assert only_change(*floors).verdict == "faster"


def test_who_is_in_one_run_alone_is_named_with_the_reason():
    absent = not_measured("rnn_graph jax float32", "missing", NOT_INSTALLED, kind="ours")
    there = ours(ratio(10, 9, 11))
    change = only_change(run(there), run(absent))
    assert (change.verdict, change.before_s, change.after_s) == ("only before", 0.1, None)
    assert change.reason == f"after: not measured: {NOT_INSTALLED}"
    change = only_change(run(), run(there))
    assert (change.verdict, change.before_s, change.ratio) == ("only after", None, None)
    assert change.reason == "before: it is not in that run"
    assert only_change(run(absent), run(absent)).verdict == "not measured"
    assert only_change(run(there), results()).verdict == "only before"


@pytest.mark.parametrize("change", [{"sizes": {"V": 3}}, {"unit": "word"}])
def test_other_work_is_not_compared(change):
    there = ours(ratio(10, 9, 11))
    found = only_change(run(there), run(there, **change))
    assert (found.verdict, found.ratio, found.relative) == ("other work", None, None)


def test_precisions_and_devices_are_kept_apart():
    peers = [
        measured("peer", "peer", [seconds], dtype=dtype, device=device)
        for seconds, dtype, device in (
            (1.0, "float32", "cpu"),
            (2.0, "float64", "cpu"),
            (3.0, "float32", "gpu"),
        )
    ]
    changes = compare(run(*peers), run(*reversed(peers)))
    assert [(c.contender, c.before_s, c.after_s) for c in changes] == [
        ("peer, float32", 1.0, 1.0),
        ("peer, float64", 2.0, 2.0),
        ("peer, float32, GPU", 3.0, 3.0),
    ]


def test_a_run_is_the_same_as_itself():
    document = full_results()
    changes = compare(document, copy.deepcopy(document))
    assert len(changes) == 8
    assert {change.verdict for change in changes} == {"same", "unclear", "not measured"}
    assert all(change.ratio in (None, 1) for change in changes)


def test_what_differs_between_the_environments_is_named():
    before = results()
    versions = {"rnn_graph": "0.2", "python": "3.11.7", "jax": "0.11.0", "torch": "2.13.0"}
    after = results(cores=4, gpu="NVIDIA H200", versions=versions, date="later", commit=None)
    assert environment_notes(before, after) == [
        "the runs differ in more than the code: cores 2 → 4, gpu none → NVIDIA H200,"
        " jax 0.10.2 → 0.11.0, torch none → 2.13.0"
    ]
    assert environment_notes(before, results(**environment(date="later"))) == []


def test_another_kernel_of_blas_is_a_difference():
    def on(kernel):
        return results(blas={"library": "openblas 0.3", "kernel": kernel})

    (note,) = environment_notes(on("Haswell"), on("SkylakeX"))
    assert note.endswith("BLAS kernel Haswell → SkylakeX")
    assert environment_notes(on(None), on("SkylakeX")) == []
    assert environment_notes(results(), on("SkylakeX")) == []


def test_the_table_shows_both_ratios_and_every_reason():
    absent = not_measured("PyTorch eager", "missing", NOT_INSTALLED)
    before, after = run(ours(ratio(10, 9, 11), 0.1), absent), run(ours(ratio(15, 14, 16), 0.4))
    table = comparison_table(compare(before, after), notes=["first"])
    assert [dict(zip(table.headers, row, strict=True)) for row in table.rows] == [
        {
            "workload": "lm-step",
            "contender": "rnn_graph jax float32",
            "verdict": "faster",
            "× relative": "1.50",
            "against": "reference",
            "before": "100 ms",
            "after": "400 ms",
            "× clock": "0.250",
        },
        {
            **dict.fromkeys(("× relative", "against", "before", "after", "× clock"), "–"),
            "workload": "lm-step",
            "contender": "PyTorch eager, float32",
            "verdict": "not measured",
        },
    ]
    assert table.notes[0] == "first"
    assert table.notes[-1] == (
        f"lm-step, PyTorch eager, float32: before: not measured: {NOT_INSTALLED};"
        " after: it is not in that run"
    )
