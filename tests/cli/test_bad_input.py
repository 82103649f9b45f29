"""What users do wrong, and what the world does to them: one line, the right status, no ruins."""

import gzip
import io
import json
import os
import re
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from rnn_graph import text_files
from rnn_graph.cli import bench
from rnn_graph.models.files import load_model

COMPUTING = ("--backend", "numpy")
READING = ("--pre-split", "--tokenizer", "whitespace")
VOCABULARY_SIZE = 12 + 3  # the words of the `text` fixture, and the markers
# What may stand before an error, once the text is read.
REPORT = re.compile(r".*: [\d,]+ sentences, .* types|the text has fewer types than .*")

is_root = hasattr(os, "geteuid") and os.geteuid() == 0
needs_full_device = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")


def assert_refused(result, *parts, status=2):
    """One line of error on stderr, with every part in it whatever its case; nothing on stdout."""
    assert result.status == status, result
    assert result.out == ""
    assert "Traceback" not in result.err
    *before, line = result.err.splitlines()
    assert line.startswith("rnn-graph: "), result.err
    assert all(REPORT.fullmatch(said) for said in before), result.err
    for part in parts:
        assert str(part).lower() in line.lower()


def assert_option_refused(result, option):
    """What the option library says in its own way."""
    assert result.status == 2
    assert result.out == ""
    assert "Traceback" not in result.err
    assert option in result.err


def assert_done(result, *parts):
    assert result.status == 0, result.err
    assert "Traceback" not in result.err
    for part in parts:
        assert part in result.err


def one_json(output):
    """The one JSON value that stands there, and nothing else."""
    return json.loads(output, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@pytest.fixture
def train(cli, tmp_path):
    """A function that trains on a file, one epoch of a small model unless told otherwise."""

    def run(data, *options, out=None, stdin=None):
        small = ("--hidden-dim", 4, "--epochs", 1, *COMPUTING)
        out = out or tmp_path / "out.npz"
        return cli("train", "word", "--data", data, "--out", out, *small, *options, stdin=stdin)

    return run


@pytest.fixture
def evaluate(cli, model):
    def run(data, *options, stdin=None):
        return cli("evaluate", model, "--data", data, *COMPUTING, *options, stdin=stdin)

    return run


@pytest.fixture
def words_of(cli):
    """A function that gives the vocabulary of a text, and what was said meanwhile."""

    def run(data, *options, stdin=None):
        result = cli("data", "vocabulary", "--data", data, *options, stdin=stdin)
        assert_done(result)
        return result.out.split(), result.err

    return run


@pytest.fixture
def write(tmp_path):
    def file(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return file


# Text files


@pytest.mark.parametrize("command", ["train", "evaluate", "vocabulary"])
def test_data_missing(cli, train, evaluate, tmp_path, command):
    data = tmp_path / "absent.txt"
    commands = {
        "train": lambda: train(data),
        "evaluate": lambda: evaluate(data),
        "vocabulary": lambda: cli("data", "vocabulary", "--data", data),
    }
    assert_refused(commands[command](), data, "no such file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.txt", ""),
        ("blank.txt", "\n \n\t\n\r\n"),
        ("empty.txt.gz", gzip.compress(b"")),
        ("mark.txt", b"\xef\xbb\xbf"),
        ("header.csv", "id,body\n"),
        ("blank.csv", "body\n\n  \n"),
    ],
)
def test_data_without_text(train, write, tmp_path, name, content):
    data = write(name, content)
    assert_refused(train(data), data, "no text")
    assert list(tmp_path.iterdir()) == [data]


def test_empty_csv_has_no_column(train, write):
    assert_refused(train(write("empty.csv", "")), "empty.csv")


def test_data_is_a_folder(train, tmp_path):
    assert_refused(train(tmp_path), tmp_path, "directory")


def test_data_below_a_file(train, text):
    assert_refused(train(text / "below.txt"), "below.txt")


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="no file that fails when read")
def test_data_that_fails_when_read(train):
    assert_refused(train("/proc/self/mem"), "/proc/self/mem")


def test_csv_without_the_column(train, write):
    data = write("comments.csv", "author,text\nann,hello there\n")
    assert_refused(train(data), data, "'body'", "'author', 'text'", "--column")


def test_csv_column_by_name(words_of, write):
    data = write("comments.csv", "author,text\nann,hello there\n")
    words, _ = words_of(data, "--column", "text")
    assert "hello" in words
    assert "ann" not in words


def test_csv_row_too_short(train, write):
    data = write("comments.csv", "author,body\nann,hello\nbob\n")
    assert_refused(train(data), "line 3", "1 columns")


def test_csv_header_never_closed(train, write):
    data = write("comments.csv", '"author,body\nann,hello\nbob,hello\n')
    assert_refused(train(data), data)


def test_csv_with_bare_carriage_returns(train, write):
    data = write("comments.csv", "author,body\rann,hello there\rbob,hello\r")
    result = train(data)
    if result.status:
        assert_refused(result, data)


@pytest.mark.parametrize("name", ["latin.txt", "latin.csv"])
def test_not_utf8(train, words_of, write, name):
    data = write(name, "body\nthe first line\nthe caf\xe9 is closed\n".encode("latin-1"))
    assert_refused(train(data), data, "line 3", "byte 27", "--encoding", "--errors replace")
    assert "caf\xe9" in words_of(data, "--encoding", "latin-1")[0]
    assert "caf\ufffd" in words_of(data, "--errors", "replace")[0]
    assert "caf" in words_of(data, "--errors", "ignore")[0]


def test_cut_in_a_character(train, write):
    assert_refused(train(write("cut.txt", "the caf\xe9".encode()[:-1])), "cut.txt", "--errors")


@pytest.mark.parametrize(
    "encoding", ["klingon", "", "utf-9", "rot13", "base64", "hex", "undefined"]
)
def test_unknown_encoding(train, text, encoding):
    assert_refused(train(text, "--encoding", encoding), "encoding", encoding)


@pytest.mark.parametrize("content", [b"all is well here\n", b"the caf\xe9 is closed\n"])
def test_unknown_errors_value(train, write, content):
    result = train(write("text.txt", content), "--errors", "shrug")
    assert result.status == 2
    assert "Traceback" not in result.err
    assert "shrug" in result.err


@pytest.mark.parametrize("value", ["surrogateescape", "surrogatepass"])
def test_errors_value_that_lets_bytes_through(cli, write, tmp_path, value):
    data, out = write("text.txt", b"the caf\xe9 is closed\n"), tmp_path / "words.txt"
    result = cli("data", "vocabulary", "--data", data, "--out", out, "--errors", value)
    assert result.status == 2
    assert "Traceback" not in result.err
    assert not out.exists()


@pytest.mark.parametrize("name", ["nul.txt", "nul.csv"])
def test_nul_byte(train, write, name):
    data = write(name, b"body\none line\nanother \0 line\n")
    assert_refused(train(data), data, "line 3", "NUL")


def test_utf16_taken_for_utf8(train, write):
    assert_refused(
        train(write("wide.txt", "hello there\n".encode("utf-16-le"))), "--encoding utf-16"
    )


def test_quote_never_closed(train, write, tmp_path):
    rows = ["body\n", *(f"row number {i}\n" for i in range(200))]
    rows[20] = '"row that begins with a quote\n'
    data = write("quote.csv", "".join(rows))
    assert_refused(train(data), data, "line 21", "quote")
    assert list(tmp_path.iterdir()) == [data]


def test_field_beyond_all_measure(train, write, monkeypatch):
    monkeypatch.setattr(text_files, "LONGEST_CSV_FIELD", 2**17)
    data = write("long.csv", 'body\n"' + "word\n" * 30_000)
    assert_refused(train(data), data, "line 2", "quote")


def test_file_cut_off_in_its_last_record(train, write, tmp_path):
    rows = ["body\n", *(f"row number {i}\n" for i in range(300)), '"the last row']
    result = train(write("cut.csv", "".join(rows)), "--limit", 20)
    assert_done(result, "rnn-graph: warning: ", "line 302", "cut off")
    assert (tmp_path / "out.npz").exists()


@pytest.mark.parametrize("cut", [12, -12, -4])
def test_truncated_gzip(train, write, sentences, cut):
    whole = gzip.compress("\n".join(sentences * 20).encode())
    data = write("text.txt.gz", whole[:cut])
    assert_refused(train(data), data, "gzip")


def test_gzip_with_damaged_middle(train, write, sentences):
    content = bytearray(gzip.compress("\n".join(sentences * 20).encode()))
    content[len(content) // 2] ^= 0xFF
    assert_refused(train(write("text.txt.gz", bytes(content))), "gzip")


@pytest.mark.parametrize("size", [3, 0, -1])
def test_vocabulary_size_too_small(cli, train, text, tmp_path, size):
    assert_refused(train(text, "--vocabulary-size", size), "vocabulary size", size, "at least 4")
    out = tmp_path / "words.txt"
    result = cli("data", "vocabulary", "--data", text, "--size", size, "--out", out)
    assert_refused(result, "vocabulary size")
    assert not out.exists()


def test_vocabulary_size_above_the_types(train, text, tmp_path):
    result = train(text, "--vocabulary-size", 5000, *READING)
    assert_done(result, f"a vocabulary of {VOCABULARY_SIZE} words")
    assert load_model(tmp_path / "out.npz", backend="numpy").word_dim == VOCABULARY_SIZE


def test_smallest_vocabulary(cli, train, text, tmp_path):
    assert_done(train(text, "--vocabulary-size", 4))
    result = cli("generate", tmp_path / "out.npz", "-n", 2, "--min-length", 0, *COMPUTING)
    assert_done(result)


@pytest.mark.parametrize("options", [(), READING, ("--backend", "jax")])
def test_sentence_of_one_word(train, cli, write, tmp_path, options):
    assert_done(train(write("one.txt", "hello"), *options))
    result = cli("generate", tmp_path / "out.npz", "-n", 1, "--min-length", 0, *COMPUTING)
    assert_done(result)


def test_whitespace_inside_a_document_only(evaluate, write):
    """Characters that `strip` takes away though they are no spaces to everyone."""
    result = evaluate(write("odd.txt", "\x1c\n\x85\n\u2028\nhello\n"), *READING)
    assert_done(result)


def test_utf8_with_byte_order_mark(words_of, write):
    assert words_of(write("mark.txt", b"\xef\xbb\xbfhello\n"))[0][:3].count("hello") == 1


def test_csv_with_byte_order_mark_and_crlf(words_of, write):
    data = write("mark.csv", b'\xef\xbb\xbfbody\r\n"hello, you"\r\nbye\r\n')
    words, _ = words_of(data)
    assert {"hello", "you", "bye", ","} < set(words)


def test_crlf(words_of, write):
    data = write("crlf.txt", "hello you\r\nhello me\r\n")
    assert set(words_of(data, *READING)[0]) == {
        "SENTENCE_START", "SENTENCE_END", "UNKNOWN_TOKEN", "hello", "you", "me",
    }  # fmt: skip


def test_utf16(words_of, write):
    data = write("wide.txt", "hello \u0a0a\r\ncaf\xe9 \u010a\n".encode("utf-16"))
    assert {"hello", "caf\xe9", "\u0a0a"} < set(words_of(data, "--encoding", "utf-16")[0])


def test_emoji(train, cli, write, tmp_path):
    data = write("emoji.txt", "i 🧡 the 🦜\nthe 🦜 🧡 me\n")
    assert_done(train(data))
    result = cli("generate", tmp_path / "out.npz", "--prompt", "🦜", "--min-length", 0, *COMPUTING)
    assert_done(result)
    assert all(line.startswith("🦜") for line in result.out.splitlines())


@pytest.mark.parametrize("options", [(), READING])
def test_one_line_of_5_mb(words_of, sentences, write, options):
    line = " ".join(sentences)
    line = " ".join([line] * (5_000_000 // len(line)))
    words, _ = words_of(write("line.txt", line), *options)
    assert len(words) == VOCABULARY_SIZE


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input(train, cli, sentences, tmp_path, pack):
    content = pack("\n".join(sentences).encode())
    assert_done(train("-", *READING, stdin=content), "30 sentences")
    result = cli("data", "vocabulary", "--data", "-", *READING, stdin=content)
    assert len(result.out.split()) == VOCABULARY_SIZE


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "no text"), (b"\x1f\x8b\x08", "gzip"), (b"caf\xe9\n", "byte 3"), (b"\0", "NUL")],
)
def test_bad_standard_input(train, content, said):
    assert_refused(train("-", stdin=content), said)


def test_csv_from_standard_input(words_of):
    words, _ = words_of("-", "--format", "csv", stdin=b"id,body\n1,hello\n")
    assert "hello" in words


@pytest.mark.parametrize("data", ["a file", "-"])
def test_closed_standard_input(train, text, monkeypatch, data):
    """As under some schedulers: Python then has no `sys.stdin`."""
    monkeypatch.setattr(sys, "stdin", None)
    if data == "-":
        assert_refused(train("-"), "standard input")
    else:
        assert_done(train(text))


# Where to write


@pytest.mark.parametrize("option", ["--out", "--plot"])
@pytest.mark.parametrize("place", ["missing folder", "a folder", "below a file", "nothing"])
def test_out_is_checked_before_anything_is_read(cli, tmp_path, write, option, place):
    paths = {
        "missing folder": tmp_path / "absent" / "out",
        "a folder": tmp_path,
        "below a file": write("file", "") / "out",
        "nothing": "",
    }
    places = {"--out": tmp_path / "out.npz"} | {option: paths[place]}
    arguments = [str(part) for pair in places.items() for part in pair]
    result = cli("train", "word", "--data", tmp_path / "absent.txt", *arguments)
    assert_refused(result, "cannot write", paths[place])


@pytest.mark.skipif(is_root, reason="root may write everywhere")
def test_out_without_permission(cli, tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    result = cli("train", "word", "--data", "absent.txt", "--out", folder / "out.npz")
    assert_refused(result, "cannot write", "permission")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no folder that takes no files")
def test_out_in_a_folder_that_takes_no_files(cli):
    result = cli("train", "word", "--data", "absent.txt", "--out", "/proc/self/out.npz")
    assert_refused(result, "cannot write")


@pytest.mark.parametrize("length", [300, 250])
def test_out_with_too_long_a_name(train, text, tmp_path, length):
    """The longest name may be taken or refused, but not refused after the training."""
    result = train(text, out=tmp_path / ("x" * length))
    if length > 255 or result.status:
        assert_refused(result, "cannot write")


@pytest.mark.parametrize("command", ["train", "vocabulary"])
def test_out_is_the_data(cli, train, text, write, command):
    content = text.read_bytes()
    data = write("text.txt", content)
    if command == "train":
        result = train(data, out=data)
    else:
        result = cli("data", "vocabulary", "--data", data, "--out", data)
    assert data.read_bytes() == content
    assert_refused(result, data)


def test_out_is_the_plot(train, text, tmp_path):
    out = tmp_path / "out.npz"
    assert_refused(train(text, "--plot", out, out=out), out)


def test_out_is_no_ordinary_file(train, text, tmp_path):
    """`/dev/null` must not become a model file."""
    out = tmp_path / "pipe"
    os.mkfifo(out)
    assert_refused(train(text, out=out), out)
    assert stat.S_ISFIFO(out.stat().st_mode)


@pytest.mark.parametrize(
    "command", [("data", "sample"), ("data", "vocabulary", "--data", "absent")]
)
def test_out_of_data_commands(cli, tmp_path, command):
    assert_refused(cli(*command, "--out", tmp_path / "absent" / "out"), "cannot write", "no folder")
    assert_refused(cli(*command, "--out", tmp_path), "cannot write", "folder")


@pytest.mark.parametrize("below", ["", "below"])
def test_demo_into_a_file(cli, write, below):
    path = write("file", "precious")
    assert_refused(cli("demo", "--out", path / below), "cannot write", path)
    assert path.read_text() == "precious"


# Training


@pytest.mark.parametrize("share", [0.001, 0.9])
def test_held_out_that_leaves_nothing(train, text, share):
    assert_refused(train(text, "--held-out", share, "--limit", 2), "--held-out")


@pytest.mark.parametrize("share", ["1", "-0.5", "nan"])
def test_held_out_out_of_range(train, text, share):
    result = train(text, "--held-out", share)
    assert result.status == 2
    assert "Traceback" not in result.err
    assert "held" in result.err


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "-inf"])
def test_learning_rate_out_of_range(train, text, tmp_path, rate):
    assert_refused(train(text, "--learning-rate", rate), "learning", rate)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "option",
    [
        "--hidden-dim=0",
        "--epochs=0",
        "--limit=0",
        "--evaluate-every=0",
        "--epochs=x",
        "--backend=x",
    ],
)
def test_option_out_of_range(train, text, option):
    assert_option_refused(train(text, option), option.split("=")[0])


@pytest.mark.parametrize("seed", [-1, 2**32, 10**30])
@pytest.mark.parametrize("command", ["train", "generate", "sample", "gradcheck", "bench"])
def test_seed_out_of_range(cli, train, text, model, command, seed):
    commands = {
        "train": lambda: train(text, "--seed", seed),
        "generate": lambda: cli("generate", model, *COMPUTING, "--seed", seed),
        "sample": lambda: cli("data", "sample", "--seed", seed),
        "gradcheck": lambda: cli("gradcheck", "--seed", seed),
        "bench": lambda: cli("bench", "lm-step", "--seed", seed),
    }
    result = commands[command]()
    assert result.status == 2
    assert result.out == ""
    assert "Traceback" not in result.err
    assert "seed" in result.err


def test_model_too_large_for_the_memory(train, text, tmp_path):
    assert_refused(train(text, "--hidden-dim", 1_000_000), "memory", status=1)
    assert list(tmp_path.iterdir()) == []


def test_divergence_in_the_first_epoch(train, text, write):
    out = write("out.npz", "an older file")
    result = train(text, "--learning-rate", "1e300")
    assert result.out == ""
    assert result.status == 1
    last = result.err.splitlines()[-1]
    assert last.startswith("rnn-graph: the loss became ")
    assert "smaller" in last
    assert "nothing was written" in last
    assert "Traceback" not in result.err
    assert out.read_text() == "an older file"


def test_divergence_in_a_later_epoch(train, cli, write, tmp_path):
    data = write("one.txt", "the cat sees the dog\n")
    out = write("out.npz", "an older file")
    result = train(data, "--learning-rate", "1e200", "--epochs", 50, "--evaluate-every", 50)
    assert result.status == 1
    assert "last good model" in result.err.splitlines()[-1]
    assert "Traceback" not in result.err
    assert load_model(out, backend="numpy").vocabulary is not None
    assert_done(cli("info", out))


@pytest.mark.parametrize(
    ("backend", "rate"), [("numpy", "1e308"), ("jax", "1e38"), ("jax", "3e38")]
)
def test_divergence_in_the_last_epoch(train, write, backend, rate):
    """The parameters are finite, the loss is not, and no step comes that would notice."""
    data = write("one.txt", "the cat sees the dog and the bird\n")
    out = write("out.npz", "an older file")
    result = train(data, "--learning-rate", rate, "--backend", backend, "--json")
    assert "Traceback" not in result.err
    if result.status:
        assert result.status == 1
        assert "smaller" in result.err.splitlines()[-1]
        assert out.read_text() == "an older file"
    else:
        assert one_json(result.out)["loss"] is not None


def test_interrupt_while_training(start, text, tmp_path):
    out = tmp_path / "out.npz"
    process = start(
        "train", "word", "--data", text, "--out", out, "--epochs", 1_000_000, "--hidden-dim", 4,
        "--evaluate-every", 1_000_000, *COMPUTING, *READING,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    said = []
    while not any("after 0 sentences" in line for line in said):
        line = process.stderr.readline()
        assert line, "".join(said)
        said.append(line)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    output, rest = process.communicate(timeout=30)
    assert process.returncode == 0, rest
    assert "interrupted after" in rest
    assert str(out) in rest
    assert "Traceback" not in rest
    assert "loss" in output
    assert load_model(out, backend="numpy").word_dim == VOCABULARY_SIZE
    assert [path.name for path in tmp_path.iterdir()] == ["out.npz"]


def test_interrupt_while_reading(start, tmp_path, write):
    out = write("out.npz", "an older file")
    process = start(
        "train", "word", "--data", "-", "--out", out, *COMPUTING, *READING,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    # More than a pipe holds: once it is written, the command has begun to read.
    process.stdin.write(b"the cat sees the dog\n" * 20_000)
    process.stdin.flush()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)
    assert process.stderr.read() == b"rnn-graph: interrupted\n"
    assert process.stdout.read() == b""
    assert process.returncode == 1
    assert out.read_text() == "an older file"


# Backends and devices


def no_gpu() -> bool:
    import jax

    return all(device.platform == "cpu" for device in jax.devices())


@pytest.mark.parametrize("backend", ["auto", "jax", "numba", "c", "numpy"])
def test_no_gpu(train, text, backend):
    if backend in ("auto", "jax") and not no_gpu():
        pytest.skip("there is a GPU")
    result = train(text, "--device", "gpu", "--backend", backend)
    assert "Traceback" not in result.err
    assert result.status == 2
    last = result.err.splitlines()[-1]
    assert last.startswith("rnn-graph: ")
    assert "GPU" in last
    assert "--device cpu" in last or "--backend jax" in last


@pytest.mark.parametrize("command", ["train", "generate", "evaluate"])
def test_numpy_in_float32(train, evaluate, cli, text, model, command):
    commands = {
        "train": lambda: train(text, "--dtype", "float32"),
        "evaluate": lambda: evaluate(text, "--dtype", "float32"),
        "generate": lambda: cli("generate", model, *COMPUTING, "--dtype", "float32"),
    }
    result = commands[command]()
    assert result.status == 2
    assert result.err.splitlines()[-1].startswith(
        "rnn-graph: the numpy backend computes in float64"
    )


@pytest.mark.parametrize("command", [("gradcheck",), ("bench", "lm-step")])
def test_numpy_against_itself(cli, command):
    assert_refused(cli(*command, "--backend", "numpy"), "numpy")


def test_backend_that_is_not_installed(train, text, monkeypatch):
    from rnn_graph import compiling

    monkeypatch.setattr(compiling, "_is_installed", lambda name: name == "c")
    result = train(text, "--backend", "jax")
    assert result.status == 2
    assert result.err.splitlines()[-1].startswith("rnn-graph: backend 'jax' is not available here")
    assert "pip install jax" in result.err


# Model files


def npy(array) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=True)
    return stream.getvalue()


def as_bytes(value) -> np.ndarray:
    encoded = value if isinstance(value, bytes) else json.dumps(value).encode()
    return np.frombuffer(encoded, dtype=np.uint8)


def header(shape, descr="<f4", version=b"\x01\x00") -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text


@pytest.fixture
def parts(model) -> dict[str, np.ndarray]:
    with np.load(model) as arrays:
        return dict(arrays)


@pytest.fixture
def changed(tmp_path, parts):
    """A function that writes the model with some members changed; None leaves one away."""

    def write(changes, compression=zipfile.ZIP_STORED):
        path = tmp_path / "changed.npz"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, part in (parts | changes).items():
                if part is not None:
                    archive.writestr(f"{name}.npy", part if isinstance(part, bytes) else npy(part))
        return path

    return write


@pytest.fixture
def use(cli, text):
    """A function that hands a model file to every command that reads one."""

    def run(path):
        return [
            cli("info", path),
            cli("info", path, "--json"),
            cli("generate", path, "-n", 1, "--min-length", 0, "--seed", 1, *COMPUTING),
            cli("evaluate", path, "--data", text, *COMPUTING),
        ]

    return run


def assert_no_crash(results):
    for result in results:
        if result.status:
            assert_refused(result)


def test_model_missing(use, tmp_path):
    for result in use(tmp_path / "absent.npz"):
        assert_refused(result, "absent.npz", "no such file")


def test_model_is_a_folder(use, tmp_path):
    for result in use(tmp_path):
        assert_refused(result, tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x03\x04", b"hello\n" * 100, npy(np.zeros(3)), gzip.compress(b"x")]
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
    for place in range(0, len(content), 41):
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
    assert_no_crash([generated])
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


@pytest.mark.parametrize("name", ["configuration", "vocabulary"])
@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b"[" * 100_000,
        b'"\\ud800',
        np.array(1.5),
        np.zeros((2, 2)),
    ],
)
def test_model_with_bad_json(use, changed, name, value):
    value = as_bytes(value) if isinstance(value, bytes) else value
    for result in use(changed({name: value})):
        assert_refused(result, name)


@pytest.mark.parametrize("value", [[], [1, 2], 3, "text", None, True])
def test_configuration_of_the_wrong_kind(use, changed, value):
    for result in use(changed({"configuration": as_bytes(value)})):
        assert_refused(result, "configuration")


@pytest.mark.parametrize(
    "change",
    [
        {"model": "another"},
        {"model": None},
        {"model": ["word-rnn"]},
        {"bptt_truncate": "four"},
        {"bptt_truncate": -3},
        {"bptt_truncate": 1.5},
        {"bptt_truncate": [4]},
        {"bptt_truncate": {}},
    ],
)
def test_configuration_with_wrong_values(cli, use, changed, parts, change):
    configuration = json.loads(parts["configuration"].tobytes())
    path = changed({"configuration": as_bytes(configuration | change)})
    results = use(path)
    assert_no_crash(results[:2])
    for result in results[2:]:
        assert_refused(result)
    assert_refused(cli("generate", path, "--backend", "jax"))


@pytest.mark.parametrize(
    "training",
    [[], 3, "text", None, {"history": 3}, {"history": [3]}, {"history": [["a", "b"]]},
     {"history": [[1, None]]}, {"history": None}, {"data": {"a": [1]}}, {"model": "\ud800"}],
)  # fmt: skip
def test_training_of_the_wrong_kind(use, changed, parts, training):
    configuration = json.loads(parts["configuration"].tobytes())
    assert_no_crash(
        use(changed({"configuration": as_bytes(configuration | {"training": training})}))
    )


@pytest.mark.parametrize(
    "value",
    [
        {},
        3,
        "UNKNOWN_TOKEN",
        True,
        [],
        list(range(VOCABULARY_SIZE)),
        [*range(VOCABULARY_SIZE - 3), "SENTENCE_START", "SENTENCE_END", "UNKNOWN_TOKEN"],
        [[word] for word in "abc"],
        [None] * VOCABULARY_SIZE,
    ],
)
def test_vocabulary_of_the_wrong_kind(use, changed, value):
    for result in use(changed({"vocabulary": as_bytes(value)})):
        assert_refused(result, "vocabulary")


def test_vocabulary_is_an_object(use, changed, parts):
    tokens = json.loads(parts["vocabulary"].tobytes())
    for result in use(changed({"vocabulary": as_bytes(dict.fromkeys(tokens, 0))})):
        assert_refused(result, "vocabulary")


def test_vocabulary_with_half_a_character(use, changed, parts):
    """JSON can hold what no output can."""
    tokens = ["\ud800" + t if t.islower() else t for t in json.loads(parts["vocabulary"].tobytes())]
    assert_no_crash(use(changed({"vocabulary": as_bytes(tokens)})))


@pytest.mark.parametrize("change", ["too few", "too many", "twice", "no unknown token"])
def test_vocabulary_that_does_not_fit(cli, changed, text, write, parts, change):
    tokens = json.loads(parts["vocabulary"].tobytes())
    tokens, said = {
        "too few": (tokens[1:], f"{VOCABULARY_SIZE - 1} words"),
        "too many": ([*tokens, "more"], f"{VOCABULARY_SIZE + 1} words"),
        "twice": ([*tokens[:-2], tokens[2], tokens[-1]], "2 times"),
        "no unknown token": ([*tokens[:-1], "more"], "UNKNOWN_TOKEN"),
    }[change]
    bare = changed({"configuration": None, "vocabulary": None})
    words = write("words.txt", "\n".join(tokens))
    inside = changed({"vocabulary": as_bytes(tokens)})
    for path, options in ((bare, ("--vocabulary", words)), (inside, ())):
        assert_refused(cli("generate", path, *COMPUTING, *options), "vocabulary", said)
        result = cli("evaluate", path, "--data", text, *COMPUTING, *options)
        assert_refused(result, "vocabulary", said)


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\xff\xff", b"a\0b\n", "a folder"])
def test_vocabulary_file_that_is_none(cli, model, tmp_path, write, content):
    path = tmp_path / "words.txt"
    if content == "a folder":
        path.mkdir()
    elif content is not None:
        write("words.txt", content)
    assert_refused(cli("generate", model, "--vocabulary", path, *COMPUTING), path)


def test_bare_model(cli, changed, text, write, parts):
    bare = changed({"configuration": None, "vocabulary": None})
    options = (*COMPUTING, "--json")
    assert_refused(cli("generate", bare, *options), "--vocabulary")
    assert_refused(cli("evaluate", bare, "--data", text, *options), "--vocabulary")
    assert_done(cli("info", bare))
    words = write("words.txt", "\n".join(json.loads(parts["vocabulary"].tobytes())) + "\n")
    options += ("--vocabulary", words)
    generated = cli("generate", bare, "-n", 2, "--min-length", 0, *options)
    assert_done(generated)
    assert len(one_json(generated.out)["sentences"]) == 2
    evaluated = cli("evaluate", bare, "--data", text, *options)
    assert_done(evaluated)
    assert one_json(evaluated.out)["unknown_share"] == 0


def test_vocabulary_from_the_command_fits(cli, changed, text, tmp_path):
    bare, words = changed({"configuration": None, "vocabulary": None}), tmp_path / "words.txt"
    assert_done(cli("data", "vocabulary", "--data", text, "--out", words, *READING))
    options = ("-n", 1, "--min-length", 0, "--vocabulary", words, *COMPUTING)
    assert_done(cli("generate", bare, *options))


@pytest.mark.parametrize("marker", ["SENTENCE_START", "SENTENCE_END"])
def test_vocabulary_without_markers(cli, changed, parts, text, marker):
    tokens = [
        "another" if token == marker else token
        for token in json.loads(parts["vocabulary"].tobytes())
    ]
    path = changed({"vocabulary": as_bytes(tokens)})
    assert_refused(cli("generate", path, *COMPUTING), marker)
    assert_refused(cli("evaluate", path, "--data", text, *COMPUTING), marker)


# Generation


@pytest.fixture
def generate(cli, model):
    def run(*options):
        return cli("generate", model, "-n", 3, *COMPUTING, *options)

    return run


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--temperature", -1), "temperature"),
        (("--temperature", "nan"), "temperature"),
        (("--temperature", "inf"), "temperature"),
        (("--top-k", 0), "k is 0"),
        (("--top-k", -1), "k is -1"),
        (("--top-p", 0), "p is 0"),
        (("--top-p", 1.5), "p is 1.5"),
        (("--top-p", "nan"), "p is nan"),
        (("--min-length", 9, "--max-length", 8), "9"),
        (("--min-length", -1), "-1"),
        (("--min-length", 0, "--max-length", 0), "max"),
        (("--min-length", 1, "--max-length", 3, "--prompt", "the cat sees a dog"), "prompt"),
    ],
)
def test_setting_out_of_range(generate, options, said):
    assert_refused(generate(*options, "--seed", 3), said)


@pytest.mark.parametrize("temperature", [0, 0.1])
def test_min_length_out_of_reach(cli, changed, parts, temperature):
    """A model that ends every sentence at once."""
    V = np.full(parts["V"].shape, -9, "f4")
    V[json.loads(parts["vocabulary"].tobytes()).index("SENTENCE_END")] = 9
    path = changed({"U": np.full_like(parts["U"], 9), "V": V, "W": np.zeros((8, 8), "f4")})
    options = ("--min-length", 3, "--temperature", temperature, "--seed", 3)
    assert_refused(cli("generate", path, *COMPUTING, *options), "no sentence of 3 words")


@pytest.mark.parametrize("count", ["0", "-1", "x"])
def test_count_out_of_range(cli, model, count):
    assert_option_refused(cli("generate", model, "-n", count), "-n")


@pytest.mark.parametrize("temperature", ["1e-300", "1e-5", "1e300"])
def test_extreme_temperature(generate, temperature):
    assert_done(generate("--temperature", temperature, "--min-length", 0, "--max-length", 5))


@pytest.mark.parametrize("options", [("--top-k", 10**12), ("--top-p", "1e-300"), ("--top-p", 1)])
def test_extreme_cut(generate, options):
    assert_done(generate(*options, "--min-length", 0, "--max-length", 5))


def test_greedy(generate):
    options = ("--temperature", 0, "--min-length", 0, "--prompt", "the cat")
    first, second = generate(*options, "--seed", 1), generate(*options, "--seed", 2)
    assert_done(first)
    assert first.out == second.out
    assert len(set(first.out.splitlines())) == 1


def test_seed(generate):
    options = ("--min-length", 3)
    first = generate(*options, "--seed", 1)
    assert_done(first)
    assert len(first.out.splitlines()) == 3
    assert generate(*options, "--seed", 1).out == first.out
    assert generate(*options, "--seed", 2).out != first.out


def test_unknown_words_in_the_prompt(generate):
    result = generate("--prompt", "the Quagga sees", "--min-length", 0)
    assert_done(result, "quagga")
    assert all(line.startswith("the quagga sees") for line in result.out.splitlines())


@pytest.mark.parametrize("prompt", ["", " ", "UNKNOWN_TOKEN", "SENTENCE_END", "\n", "--"])
def test_odd_prompt(generate, prompt):
    assert_done(generate(f"--prompt={prompt}", "--min-length", 0))


def test_prompt_with_a_byte_that_is_no_text(start, model):
    process = start(
        "generate", model, "-n", 1, "--min-length", 0, *COMPUTING,
        "--prompt", os.fsdecode(b"caf\xe9"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PYTHONIOENCODING": "utf-8:strict"},
    )  # fmt: skip
    _, said = process.communicate(timeout=30)
    assert b"Traceback" not in said


# Output


def commands_with_json(text, model, out):
    small = ("--vocabulary-size", "20", "--hidden-dim", "3", "--length", "5")
    train = ("train", "word", "--data", text, "--out", out, "--epochs", "1", *COMPUTING)
    return {
        "train": (*train, "--held-out", "0.2"),
        "generate": ("generate", model, "-n", "2", "--min-length", "0", *COMPUTING),
        "evaluate": ("evaluate", model, "--data", text, *COMPUTING),
        "info": ("info", model),
        "data list": ("data", "list"),
        "data sample": ("data", "sample", "-n", "2"),
        "bench": ("bench", "lm-step", *small, "--rounds", "1", "--backend", "jax"),
        "growth": ("bench", "lm-step", *small, "--rounds", "1", "--backend", "jax", "--growth"),
    }


COMMANDS = list(commands_with_json("", "", ""))


@pytest.mark.parametrize("command", COMMANDS)
def test_json(cli, text, model, tmp_path, monkeypatch, command):
    monkeypatch.setattr(bench, "GROWTH_FACTORS", (1, 2))
    arguments = commands_with_json(text, model, tmp_path / "out.npz")[command]
    result = cli(*arguments, "--json")
    assert_done(result)
    one_json(result.out)


def test_json_of_evaluate(evaluate, text):
    result = evaluate(text, *READING, "--json")
    score = one_json(result.out)
    assert {"loss", "perplexity", "words", "unknown_share"} <= set(score)
    assert score["words"] == len(text.read_text().split()) + 30
    assert score["perplexity"] == pytest.approx(np.exp(score["loss"]))


def test_json_without_a_known_word(evaluate, write):
    """A perplexity of no words is NaN, which JSON lacks."""
    result = evaluate(write("foreign.txt", "quagga"), *READING, "--json")
    assert_done(result)
    assert 0 < one_json(result.out)["unknown_share"] <= 1


def test_json_of_unknown_words(cli, model):
    options = ("--prompt", "quagga", "--min-length", 0, "--json", *COMPUTING)
    assert_done(cli("generate", model, *options), "quagga")


@pytest.mark.parametrize("command", ["train", "info", "bench", "help", "error"])
def test_narrow_terminal(cli, text, model, tmp_path, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "40")
    commands = commands_with_json(text, model, tmp_path / "out.npz")
    commands |= {"help": ("train", "word", "--help"), "error": ("info", "absent" * 20)}
    result = cli(*commands[command])
    assert "Traceback" not in result.err
    if command == "error":
        assert_refused(result)
    else:
        assert result.status == 0
    if command == "train":
        assert any(line.startswith("after 0 sentences") and "rate" in line
                   for line in result.err.splitlines())  # fmt: skip
    if command == "bench":
        assert "…" not in result.out  # nothing is cut away


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", ["generate", "vocabulary"])
def test_closed_pipe(start, model, text, command, unbuffered):
    arguments = {
        "generate": ("generate", model, "-n", 20_000, "--min-length", 0, *COMPUTING),
        "vocabulary": ("data", "vocabulary", "--data", text),
    }[command]
    process = start(
        *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    if command == "generate":
        process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(timeout=30) == 1
    assert b"Traceback" not in said
    assert b"Exception ignored" not in said
    assert b"Error" not in said


@needs_full_device
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", ["generate", "list", "info", "version"])
def test_full_disk_behind_stdout(start, model, command, unbuffered):
    arguments = {
        "generate": ("generate", model, "-n", 2, "--min-length", 0, *COMPUTING),
        "list": ("data", "list"),
        "info": ("info", model, "--json"),
        "version": ("--version",),
    }[command]
    with open("/dev/full", "wb") as full:
        process = start(
            *arguments, stdout=full, stderr=subprocess.PIPE, env={"PYTHONUNBUFFERED": unbuffered}
        )
        said = process.communicate(timeout=30)[1].decode()
    assert "Traceback" not in said
    assert said.startswith("rnn-graph: ")
    assert said.count("\n") == 1
    assert process.returncode == 1


def test_stdout_that_cannot_say_it(start, write):
    data = write("emoji.txt", "the 🦜\n")
    process = start(
        "data", "vocabulary", "--data", data,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    _, said = process.communicate(timeout=30)
    assert b"Traceback" not in said
    assert said.count(b"\n") <= 1


def test_gradcheck_of_one_word(cli):
    """No gradient reaches the recurrence; that is no failure."""
    result = cli("gradcheck", "--length", 1, "--hidden-dim", 3, "--vocabulary-size", 8, "--json")
    assert_done(result)
    assert one_json(result.out)["passed"] is True


# Downloads


@pytest.fixture
def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize("name", ["reddit-coments", "", "../x"])
def test_fetch_of_an_unknown_name(cli, tmp_path, name):
    result = cli("data", "fetch", name, "--cache", tmp_path)
    assert_refused(result, "unknown data set", "reddit-comments")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:{}/x", "nonsense", "file:///etc/hosts", ""])
def test_fetch_without_an_answer(cli, tmp_path, closed_port, address, monkeypatch):
    for name in (
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    url = address.format(closed_port)
    result = cli("data", "fetch", "wildml-model", "--cache", tmp_path, "--url", url)
    assert_refused(result, "wildml-model", "--from FILE")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("copy", ["absent", "another", "a folder"])
def test_fetch_from_a_wrong_copy(cli, tmp_path, write, copy):
    cache = tmp_path / "cache"
    paths = {"absent": tmp_path / "absent", "another": write("x", "x"), "a folder": tmp_path}
    result = cli("data", "fetch", "wildml-model", "--cache", cache, "--from", paths[copy])
    assert_refused(result, "wildml-model", paths[copy])
    assert list(cache.iterdir()) == []


def test_fetch_into_a_file(cli, write):
    path = write("file", "precious")
    result = cli("data", "fetch", "wildml-model", "--cache", path, "--from", path)
    assert_refused(result, path)
    assert path.read_text() == "precious"
