"""Texts that cannot be read, and odd ones that can."""

import gzip
import os
import sys

import pytest

from cli_checks import VOCABULARY_SIZE, assert_done, assert_refused
from rnn_graph.data import delimited_files
from rnn_graph.models.registry import load_model
from small_runs import COMPUTING, READING


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
        ("empty.txt.gz", gzip.compress(b"", mtime=0)),
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
    monkeypatch.setattr(delimited_files, "LONGEST_FIELD", 2**17)
    data = write("long.csv", 'body\n"' + "word\n" * 30_000)
    assert_refused(train(data), data, "line 2", "quote")


def test_file_cut_off_in_its_last_record(train, write, tmp_path):
    rows = ["body\n", *(f"row number {i}\n" for i in range(300)), '"the last row']
    result = train(write("cut.csv", "".join(rows)))
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


@pytest.mark.parametrize("options", [(), READING])
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
def test_one_long_line(words_of, sentences, write, options):
    line = " ".join(sentences)
    line = " ".join([line] * (1_000_000 // len(line)))
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
