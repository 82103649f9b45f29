"""The results of a benchmark run that never was, with every outcome that a contender can have."""

import json
import statistics

NOT_INSTALLED = "torch is not installed (pip install 'rnn-graph[bench]')"
MARKUP = 'a <b>|bold|</b> $name$ & "co" <script src="http://example.org/x.js">'


def ratio(median, low=None, high=None, *, is_supported=True):
    low, high = low or median, high or median
    return {"median": median, "low": low, "high": high, "is_supported": is_supported}


def measured(name, kind, seconds, *, dtype="float32", device="cpu", start_up=(0, 0, 0), **figures):
    set_up, compilation, first_call = start_up
    return {
        "name": name,
        "kind": kind,
        "dtype": dtype,
        "device": device,
        "status": "measured",
        "reason": None,
        "set_up_s": set_up,
        "compile_s": compilation,
        "first_call_s": first_call,
        "seconds": list(seconds),
        "steady_s": statistics.median(seconds),
        "peak_mb": None,
        "times_reference": None,
        "over_ours": None,
        "over_floor": None,
        **figures,
    }


def not_measured(name, status, reason, *, kind="peer", device="cpu"):
    contender = measured(name, kind, [1.0], device=device)
    return dict.fromkeys(contender) | {
        "name": name,
        "kind": kind,
        "dtype": "float32",
        "device": device,
        "status": status,
        "reason": reason,
    }


def growth_row(axis, size, factor, contender, steady, times=1.0, kind="ours"):
    row = {"axis": axis, "size": size, "factor": factor, "contender": contender, "kind": kind}
    if steady is None:
        reason = {"status": "missing", "reason": NOT_INSTALLED}
        return row | {"steady_s": None, "times_as_long": None} | reason
    return row | {"steady_s": steady, "times_as_long": times}


def environment(**changes):
    return {
        "date": "2026-11-21T16:30:00+00:00",
        "commit": "7d1a8c8 with changes",
        "machine": "x86_64",
        "processor": "Intel(R) Xeon(R) Processor",
        "cores": 2,
        "threads": 2,
        "memory_gb": 24.0,
        "system": "Linux",
        "gpu": None,
        "versions": {"rnn_graph": "0.1", "python": "3.11.7", "jax": "0.10.2"},
    } | changes


def workload(contenders, growth=(), **changes):
    return {
        "name": "lm-step",
        "title": "A training step of the word model on one sentence",
        "sizes": {"V": 8000, "H": 100, "T": 45, "k": None},
        "unit": "step",
        "rounds": 3,
        "reference": "NumPy reference",
        "ours": "rnn_graph jax float32",
        "contenders": list(contenders),
        "growth": list(growth),
    } | changes


def results(*workloads, **changes):
    return {
        "format": "rnn-graph benchmark 1",
        "environment": environment(**changes),
        "workloads": list(workloads),
    }


def full_results():
    """A workload with all that can be, one with growth alone, and one where nothing was there."""
    contenders = [
        measured(
            *("NumPy reference", "reference", [0.1, 0.104, 0.099]),
            dtype="float64",
            start_up=(0.02, 0, 0.11),
            times_reference=ratio(1.0),
            over_ours=ratio(49.1, 47.0, 51.2),
            peak_mb=61.4,
        ),
        measured(
            *("rnn_graph jax float32", "ours", [0.0021, 0.0020, 0.0022]),
            start_up=(2.1, 1.0, 0.012),
            times_reference=ratio(49.1, 47.0, 51.2),
            over_ours=ratio(1.0),
            over_floor=ratio(1.52, 1.48, 1.6),
            peak_mb=123.4,
        ),
        measured(
            *("literal graph jax float32", "literal", [0.009, 0.031, 0.012]),
            start_up=(2.2, 3.7, 0.03),
            times_reference=ratio(8.3, 3.2, 11.0, is_supported=False),
            over_ours=ratio(5.7, 4.5, 15.0, is_supported=False),
        ),
        not_measured("PyTorch eager", "missing", NOT_INSTALLED),
        not_measured(MARKUP, "failed", "RuntimeError: <i>no</i> compiler | none"),
        not_measured(
            "rnn_graph jax", "wrong", "loss differs by 1.0e-01", kind="ours", device="gpu"
        ),
        measured(
            *("matrix products jax", "floor", [0.0014, 0.00135, 0.00141]),
            start_up=(0.8, 0.1, 0.002),
            times_reference=ratio(72.5, 71.0, 74.4),
            over_ours=ratio(0.658, 0.62, 0.68),
            over_floor=ratio(1.0),
        ),
    ]
    ours, floor = "rnn_graph jax float32", "matrix products jax"
    growth = [
        growth_row("T", 45, 1, ours, 0.0021),
        growth_row("T", 90, 2, ours, 0.0039, 1.86),
        growth_row("T", 180, 4, ours, 0.0081, 3.86),
        growth_row("T", 45, 1, floor, 0.0014, kind="floor"),
        growth_row("T", 90, 2, floor, 0.0027, 1.93, kind="floor"),
        growth_row("T", 180, 4, floor, 0.0053, 3.79, kind="floor"),
        growth_row("V", 8000, 1, ours, 0.0021),
        growth_row("V", 16000, 2, ours, 0.0038, 1.81),
        growth_row("V", 8000, 1, "PyTorch eager", None, kind="peer"),
        growth_row("V", 16000, 2, "PyTorch eager", None, kind="peer"),
    ]
    return results(
        workload(contenders),
        workload([], growth, name="lm-growth", title="The step as sizes grow"),
        workload(
            [not_measured("PyTorch eager", "missing", NOT_INSTALLED)],
            *([growth_row("H", 100, 1, "PyTorch eager", None, kind="peer")],),
            name="peer",
            title=MARKUP,
            reference=None,
            ours=None,
        ),
    )


def written(path, document):
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def learner(name, kind, start_ups, curves, same_scores, over_ours):
    """A contender of `learned_workload`: for each seed (seconds, score) after each epoch."""
    runs = [
        {
            "seed": seed,
            "start_up_s": start_up,
            "points": [
                {"epoch": epoch, "seconds": seconds, "score": score}
                for epoch, (seconds, score) in enumerate(points, start=1)
            ],
            "same_score_s": same,
        }
        for seed, (start_up, points, same) in enumerate(
            zip(start_ups, curves, same_scores, strict=True)
        )
    ]
    figures = {"start_up": (1.0, start_ups[0], 0.1), "over_ours": over_ours, "remark": None}
    return measured(name, kind, [1.0, 1.1], **figures) | {
        "runs": runs,
        "same_score_over_ours": over_ours,
    }


def learned_workload(**changes):
    """Two seeds of two epochs, of ours and a peer, and a peer that is not there."""
    ours = learner(
        *("rnn_graph jax float32", "ours", [2.0, 3.0]),
        [[(3.0, 90.0), (4.0, 50.0)], [(4.0, 80.0), (5.5, 40.0)]],
        [4.0, 4.0],
        ratio(1.0),
    )
    peer = learner(
        *("PyTorch eager", "peer", [0.0, 0.0]),
        [[(2.0, 70.0), (4.5, 60.0)], [(2.5, 100.0), (5.0, 80.0)]],
        [4.5, 5.0],
        ratio(1.19, 1.125, 1.25, is_supported=False),
    )
    peer["remark"] = "without settings of this project's recipe: averaging 0.9"
    absent = not_measured("PyTorch eager", "missing", NOT_INSTALLED, device="gpu") | {
        "runs": [],
        "same_score_over_ours": None,
    }
    return (
        workload(
            [ours, peer, absent],
            name="learn-words",
            title="Learning a language model of words",
            sizes={"cell": "lstm", "H": 4, "epochs": 2},
            unit="epoch",
            rounds=2,
            reference=None,
            learning={
                "measure": "perplexity",
                "higher_is_better": False,
                "same_scores": [60.0, 80.0],
            },
        )
        | changes
    )
