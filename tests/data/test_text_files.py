import gzip
import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_graph.data.characters import read_lines, read_text
from rnn_graph.data.sentences import read_sentences
from rnn_graph.data.tagged_files import read_tagged_sentences
from rnn_graph.data.text_files import decoded_lines, read_documents
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START
from rnn_graph.errors import InputError, InputWarning


def test_the_same_documents_from_text_gzip_and_standard_input(tmp_path, monkeypatch):
    content = "First one.\n\nSecond, über-one!\n".encode()
    plain, packed = tmp_path / "a.txt", tmp_path / "packed-without-suffix"
    plain.write_bytes(content)
    packed.write_bytes(gzip.compress(content, mtime=0))
    expected = ["First one.\n", "Second, über-one!\n"]
    assert list(read_documents(plain)) == expected
    assert list(read_documents(packed)) == expected
    for data in (content, gzip.compress(content, mtime=0)):
        stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(data)))
        monkeypatch.setattr(sys, "stdin", stream)
        assert list(read_documents("-")) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-le", "latin-1"])
def test_reads_any_encoding(tmp_path, encoding):
    path = tmp_path / "a.txt"
    path.write_bytes("naïve\ncafé\n".encode(encoding))
    reading = "utf-8" if encoding == "utf-8-sig" else encoding
    assert list(read_documents(path, encoding=reading)) == ["naïve\n", "café\n"]


def test_csv_takes_the_named_column_with_quotes_commas_and_line_ends(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id, body\n1, "Two lines,\nand a ""quote""."\n2, plain\n')
    assert list(read_documents(path)) == ['Two lines,\nand a "quote".', "plain"]
    assert list(read_documents(path, column="id")) == ["1", "2"]


def test_a_quote_that_swallows_the_rest_is_an_error_and_a_cut_off_end_a_warning(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('body\n"good"\n"never closed\nmore\n')
    with pytest.raises(InputError, match="from line 3: a quote is never closed"):
        list(read_documents(path))
    path.write_text("body\n" + '"a good comment"\n' * 1000 + '"cut o')
    with pytest.warns(InputWarning, match="from line 1002: .*cut off"):
        documents = list(read_documents(path))
    assert documents[-1] == "cut o"
    assert len(documents) == 1001


def test_decoding_errors_say_where(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"fine\nna\xefve\n")
    with pytest.raises(InputError, match="line 2, byte 7"):
        list(read_documents(path))
    assert list(read_documents(path, errors="replace"))[1] == "na\ufffdve\n"


def test_reading_is_lazy(tmp_path):
    """The first sentence comes before the damage at the end is met."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"Fine.\n" * 100_000 + b"\xff\n")
    assert next(read_sentences(path)) == [SENTENCE_START, "fine", ".", SENTENCE_END]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_end_of_line_ends_a_line_for_every_reader(tmp_path, end):
    def written(name, *lines):
        path = tmp_path / name
        path.write_bytes("".join(line + end for line in lines).encode())
        return path

    assert list(read_documents(written("a.txt", "one", "two"))) == ["one\n", "two\n"]
    assert read_lines(written("b.txt", "anna", "bert")) == ["anna", "bert"]
    assert read_text(written("c.txt", "anna", "bert")) == ["anna\n", "bert\n"]
    csv = written("d.csv", "body", "plain", '"within' + end + 'quotes"', "last")
    assert list(read_documents(csv)) == ["plain", "within\nquotes", "last"]
    tagged = read_tagged_sentences(written("e.conll", "to O", "new B-city", "", "go O"))
    assert [sentence.words for sentence in tagged] == [("to", "new"), ("go",)]


@given(st.text(alphabet="ab\r\n", max_size=30), st.sampled_from(["utf-8", "utf-16", "latin-1"]))
def test_lines_are_those_of_universal_newlines(text, encoding):
    stream = io.BytesIO(text.encode(encoding))
    expected = io.TextIOWrapper(io.BytesIO(text.encode(encoding)), encoding=encoding)
    assert list(decoded_lines(stream, "a", encoding, "strict")) == list(expected)


def test_errors_name_the_line_whatever_ends_it(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"fine\rna\xefve\r")
    with pytest.raises(InputError, match="line 2, byte 7"):
        list(read_documents(path))
    path.write_bytes(b"fine\rna\0ve\r")
    with pytest.raises(InputError, match="line 2: a NUL byte"):
        list(read_documents(path))
