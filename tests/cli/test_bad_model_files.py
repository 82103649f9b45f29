"""Model files that are damaged, hostile, or of another kind."""

import gzip
import io
import os
import struct
import subprocess
import time
import zipfile

import numpy as np
import pytest

from cli_checks import (
    VOCABULARY_SIZE,
    assert_done,
    assert_no_crash,
    assert_refused,
    header,
    npy,
    one_json,
)


def test_model_missing(use, tmp_path):
    for result in use(tmp_path / "absent.npz"):
        assert_refused(result, "absent.npz", "no such file")


def test_model_is_a_folder(use, tmp_path):
    for result in use(tmp_path):
        assert_refused(result, tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"PK\x03\x04", b"hello\n" * 100, npy(np.zeros(3)), gzip.compress(b"x", mtime=0)],
)
def test_model_is_no_zip(use, write, content):
    for result in use(write("bad.npz", content)):
        assert_refused(result, "bad.npz", ".npz")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_model_truncated(use, model, write, share):
    content = model.read_bytes()
    for result in use(write("cut.npz", content[: int(share * len(content))])):
        assert_refused(result, "cut.npz")


def test_model_with_any_byte_changed(cli, model, write):
    """Checked by its sums or not, a damaged byte never ends in a crash."""
    content = model.read_bytes()
    for place in range(0, len(content), 101):
        damaged = content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]
        assert_no_crash([cli("info", write("damaged.npz", damaged))])


def test_model_from_a_pipe(start, model):
    process = start(
        "info", "/dev/stdin", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    _, said = process.communicate(model.read_bytes())
    assert b"Traceback" not in said
    assert b"None" not in said
    assert process.returncode in (0, 2)


@pytest.mark.parametrize("name", ["U", "V", "W"])
def test_model_lacks_an_array(use, changed, name):
    _, _, generated, evaluated = use(changed({name: None}))
    assert_refused(generated, f"no array '{name}'")
    assert_refused(evaluated, f"no array '{name}'")


@pytest.mark.parametrize(
    "changes",
    [
        {"U": np.zeros((7, VOCABULARY_SIZE), "f4")},
        {"V": np.zeros((VOCABULARY_SIZE - 1, 8), "f4")},
        {"W": np.zeros((8, 9), "f4")},
        {"U": np.zeros(8, "f4")},
        {"W": np.zeros((8, 8, 1), "f4")},
        {"W": np.float32(3)},
        {"U": np.zeros((8, 0), "f4"), "V": np.zeros((0, 8), "f4")},
        {name: np.zeros((0, 0), "f4") for name in "UVW"},
    ],
)
def test_model_with_wrong_shapes(use, changed, changes):
    *_, generated, evaluated = use(changed(changes))
    assert_refused(generated, "shape")
    assert_refused(evaluated, "shape")


class CreatesFolder:
    """Unpickling it creates a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("name", ["U", "configuration", "vocabulary", "extra"])
def test_model_with_pickles(use, changed, tmp_path, name):
    trap = tmp_path / "trap"
    array = np.array([CreatesFolder(trap)], dtype=object)
    with np.load(io.BytesIO(npy_archive(array)), allow_pickle=True) as loaded:
        loaded["a"].item()
    assert trap.exists()  # it would work
    trap.rmdir()
    for result in use(changed({name: array})):
        assert_refused(result, name, "objects")
    assert not trap.exists()


def npy_archive(array) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.npy", npy(array))
    return stream.getvalue()


def test_model_is_a_bare_pickle(use, write, tmp_path):
    import pickle

    trap = tmp_path / "trap"
    for result in use(write("pickle.npz", pickle.dumps(CreatesFolder(trap)))):
        assert_refused(result)
    assert not trap.exists()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_model_not_finite(use, changed, value):
    for result in use(changed({"W": np.full((8, 8), value, "f4")})):
        assert_refused(result, "NaN")


def test_model_with_complex_nan(use, changed):
    assert_no_crash(use(changed({"W": np.full((8, 8), np.nan, "c16")})))
    assert use(changed({"W": np.full((8, 8), np.nan, "c16")}))[2].status == 2


@pytest.mark.parametrize("kind", ["S4", "U4", "M8[s]", "m8[s]", "c8", "V4", "f4,i4"])
def test_model_with_arrays_that_are_no_numbers(use, changed, kind):
    results = use(changed({"W": np.zeros((8, 8), kind)}))
    assert_no_crash(results)
    assert [result.status for result in results[2:]] == [2, 2]


@pytest.mark.parametrize("kind", ["i4", "u1", "i8", "f2", "f8", "?", ">f4"])
def test_model_with_other_numbers(use, changed, parts, kind):
    changes = {name: np.rint(parts[name]).astype(kind) for name in "UVW"}
    assert_no_crash(use(changed(changes)))


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_model_with_huge_numbers(cli, changed, parts, text, backend):
    """Finite parameters whose logits are not."""
    V = np.full(parts["V"].shape, 3e38, "f4") * np.sign(parts["V"])
    path = changed({"V": V if backend == "jax" else V.astype("f8") * 5e269})
    generated = cli("generate", path, "-n", 3, "--min-length", 0, "--seed", 1, "--backend", backend)
    assert generated.status in (0, 2)  # sentences before the one that cannot be drawn are printed
    assert "Traceback" not in generated.err
    evaluated = cli("evaluate", path, "--data", text, "--backend", backend, "--json")
    assert "Traceback" not in evaluated.err
    if evaluated.out:
        one_json(evaluated.out)


def test_float64_model_beyond_float32(cli, changed, parts):
    path = changed({"V": parts["V"].astype("f8") * 1e300})
    options = ("-n", 1, "--min-length", 0, "--backend", "jax", "--dtype", "float32")
    assert_no_crash([cli("generate", path, *options)])


@pytest.mark.parametrize(
    "member",
    [
        header((10**6, 10**6)),
        header((10**30, 10**30)),
        header((-1, -1)),
        header((2**63, 2)),
        header("(8, 8.0)"),
        header("'(8, 8)'"),
        header((8, 8), descr="<f999"),
        header((8, 8), descr="no such type"),
        header((8, 8), version=b"\x09\x09"),
        header((8, 8)) + bytes(10),
        header((8, 8)) + bytes(8 * 8 * 4 + 1),
        header((8, 8))[:30],
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00",
        b"\x93NUMPY\x01\x00\xff\xff",
        b"\x93NUMPY\x01\x00\x05\x00((((\n",
        b"",
        b"hello",
    ],
)
def test_model_with_a_bad_header(use, changed, member):
    for result in use(changed({"W": member})):
        assert_refused(result, "W")


@pytest.mark.parametrize("version", [b"\x02\x00", b"\x03\x00", b"\x09\x09", b"\x00\x00"])
def test_model_with_a_header_of_another_version(use, changed, version):
    first = header((8, 8))
    text = first[10:]
    member = first[:6] + version + struct.pack("<I", len(text)) + text + bytes(8 * 8 * 4)
    results = use(changed({"W": member}))
    if version in (b"\x02\x00", b"\x03\x00"):
        for result in results:
            assert_done(result)
    else:
        for result in results:
            assert_refused(result, "W")


def test_model_is_a_zip_bomb(use, tmp_path, changed):
    side = 5_000  # 100 MB
    path = changed({"W": np.zeros((side, side), "f4")}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1_000_000
    begun = time.monotonic()
    for result in use(path):
        assert_refused(result, "W", "expand")
    assert time.monotonic() - begun < 5


def test_model_whose_sizes_lie(use, changed, model):
    """The archive's directory says more than the compressed stream gives."""
    path = changed({}, zipfile.ZIP_DEFLATED)
    claimed, true = header((80, 80)), npy(np.zeros((8, 8), "f4"))
    path = changed({"W": claimed + true[-256:]}, zipfile.ZIP_DEFLATED)
    size, lie = len(claimed) + 256, len(claimed) + 80 * 80 * 4
    content = path.read_bytes().replace(struct.pack("<I", size), struct.pack("<I", lie))
    path.write_bytes(content)
    for result in use(path):
        assert_refused(result, path)


def test_model_with_a_password(use, changed):
    path = changed({})
    content = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            content[at + place] |= 1
    path.write_bytes(bytes(content))
    for result in use(path):
        assert_refused(result, path)
