import json

import pytest

import benchmark_results as made_up
from benchmark_results import full_results, written
from rnn_graph.benchmark.report.results import (
    catches_up_after,
    find_contender,
    format_ratio,
    format_seconds,
    label,
    read_results,
)
from rnn_graph.errors import InputError


def test_results_are_read_as_they_stand(tmp_path):
    document = full_results()
    assert read_results(written(tmp_path / "results.json", document)) == document


def test_what_older_files_lack_may_be_there(tmp_path):
    document = full_results()
    document["environment"] |= {
        "blas": {"library": "openblas 0.3", "kernel": None},
        "kernel_variables": {"OPENBLAS_CORETYPE": "Haswell"},
    }
    document["workloads"][0]["quick"] = True
    assert read_results(written(tmp_path / "results.json", document)) == document
    document["environment"]["blas"] = None
    assert read_results(written(tmp_path / "results.json", document)) == document


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda d: d.update(format="asv 2"), "its format is 'asv 2', not 'rnn-graph benchmark 1'"),
        (lambda d: d.pop("environment"), "the file has no 'environment'"),
        (lambda d: d["environment"].pop("cores"), "environment has no 'cores'"),
        (
            lambda d: d["environment"].update(cores="2"),
            "environment.cores is '2'; expected a whole",
        ),
        (lambda d: d["environment"].update(versions=None), "environment.versions is None"),
        (lambda d: d["environment"].update(blas={}), "environment.blas has no 'library'"),
        (lambda d: d["environment"].update(kernel_variables=[]), "kernel_variables is "),
        (lambda d: d["workloads"][0].update(quick=1), r"workloads\[0\].quick is 1"),
        (lambda d: d.update(workloads={}), r"workloads is {}; expected a list"),
        (lambda d: d["workloads"].append(3), r"workloads\[3\] is 3; expected an object"),
        (lambda d: first(d).update(kind="rival"), r"\[0\].kind is 'rival'; expected one of"),
        (lambda d: first(d).pop("peak_mb"), r"contenders\[0\] has no 'peak_mb'"),
        (lambda d: first(d).update(steady_s=None), r"contenders\[0\].steady_s is None"),
        (lambda d: first(d).update(steady_s=0), "steady_s is 0; expected a number above 0"),
        (lambda d: first(d).update(steady_s=True), "steady_s is True"),
        (lambda d: first(d).update(peak_mb=float("nan")), "peak_mb is nan"),
        (lambda d: first(d).update(seconds=[]), r"seconds is \[\]; expected a number a round"),
        (lambda d: first(d)["times_reference"].pop("is_supported"), "has no 'is_supported'"),
        (lambda d: growth(d).pop("times_as_long"), r"growth\[0\] has no 'times_as_long'"),
    ],
)
def test_what_is_missing_or_wrong_is_named(tmp_path, change, complaint):
    document = full_results()
    change(document)
    with pytest.raises(InputError, match=complaint) as caught:
        read_results(written(tmp_path / "results.json", document))
    assert "rnn-graph bench" in str(caught.value)
    assert "\n" not in str(caught.value)


def first(document):
    return document["workloads"][0]["contenders"][0]


def growth(document):
    return document["workloads"][1]["growth"][0]


@pytest.mark.parametrize("content", [b"steady: 3", b"", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_refused(tmp_path, content):
    path = tmp_path / "results.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"results\.json is not JSON; give"):
        read_results(path)


@pytest.mark.parametrize("content", [[], 3, None, {"date": 1}])
def test_other_json_is_refused(tmp_path, content):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="its format is None"):
        read_results(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*No such file"):
        read_results(tmp_path / "none.json")
    with pytest.raises(InputError, match=r"cannot read .*directory"):
        read_results(tmp_path)


def test_only_a_measured_contender_is_found():
    workload = full_results()["workloads"][0]
    assert find_contender(workload, "NumPy reference") is workload["contenders"][0]
    assert find_contender(workload, "PyTorch eager") is None
    assert find_contender(workload, None) is None


def test_a_label_adds_what_the_name_leaves_out():
    def of(name, **settings):
        return label(made_up.measured(name, "ours", [1.0], **settings))

    assert of("JAX") == "JAX, float32"
    assert of("JAX float32", device="gpu") == "JAX float32, GPU"
    assert of("JAX float32, GPU", device="gpu") == "JAX float32, GPU"


def test_start_up_is_made_up_for_by_the_first_whole_unit():
    slow = made_up.measured("slow", "reference", [0.5], start_up=(0, 0, 1.0))
    fast = made_up.measured("fast", "ours", [0.2], start_up=(1.0, 2.0, None))
    # 1 + 0.5 n ≥ 3 + 0.2 n from n = 6.67 on
    assert catches_up_after(fast, slow) == 7
    assert catches_up_after(slow, fast) is None
    assert catches_up_after(slow, slow) == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (123.4, "123 s"),
        (7777.0, "7,780 s"),
        (1, "1.00 s"),
        (0.99949, "999 ms"),
        (0.99951, "1.00 s"),
        (2.1e-3, "2.10 ms"),
        (9.996e-6, "10.0 µs"),
    ],
)
def test_seconds_have_three_digits_and_the_fitting_unit(seconds, text):
    assert format_seconds(seconds) == text


def test_a_ratio_shows_its_spread_and_its_doubt():
    assert format_ratio(made_up.ratio(1520, 1499, 1600)) == "1,520 (1,500–1,600)"
    assert format_ratio(made_up.ratio(0.0312, 0.03, 1.2, is_supported=False)) == (
        "0.031? (0.030–1.20)"
    )
    assert format_ratio(made_up.ratio(1.0)) == "1.00"
    assert format_ratio(None) == "–"
