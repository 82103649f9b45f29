import gzip
import io
import sys
from collections import Counter

import pytest

from rnn_graph.data.sentences import Corpus, count_tokens, read_sentences
from rnn_graph.data.text_files import read_documents
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START
from rnn_graph.errors import InputError, InputWarning

REDDIT = "reddit/reddit-comments-2015-08.first835.csv"


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


def test_sentences_are_split_lower_cased_and_wrapped(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("I don't know Dr. Smith. Do you?\n")
    assert [" ".join(sentence[1:-1]) for sentence in read_sentences(path)] == [
        "i do n't know dr. smith .",
        "do you ?",
    ]
    [whole] = read_sentences(path, pre_split=True, tokenizer="whitespace")
    assert whole == [
        SENTENCE_START,
        "i",
        "don't",
        "know",
        "dr.",
        "smith.",
        "do",
        "you?",
        SENTENCE_END,
    ]


def test_a_corpus_encodes_with_any_vocabulary_and_counts_as_a_counter_does():
    sentences = [["a", "b", "a"], ["c", "a"], ["b"]]
    corpus = Corpus(sentences)
    assert (len(corpus), corpus.token_count, corpus.type_count) == (3, 6, 3)
    small = corpus.vocabulary(4)
    assert small.tokens[0] == "a"
    big = corpus.vocabulary(100)
    assert [big.decode(ids) for ids in corpus.encode(big)] == sentences
    assert count_tokens(sentences) == Counter(a=3, b=2, c=1)


def test_the_tutorials_figures(real_data):
    with pytest.warns(InputWarning, match="cut off"):
        documents = list(read_documents(real_data(REDDIT)))
    with pytest.warns(InputWarning, match="cut off"):
        corpus = Corpus(read_sentences(real_data(REDDIT)))
    assert len(documents) == 835
    assert (len(corpus), corpus.token_count, corpus.type_count) == (4344, 95708, 11019)
    vocabulary = corpus.vocabulary(8000)
    sentences = corpus.encode(vocabulary)
    assert len(sentences[10]) - 1 == 45
    assert sentences[17].tolist() == [0, 52, 31, 16, 10, 1707, 58, 27, 36, 85, 1]
    assert " ".join(vocabulary.decode(sentences[17][1:-1])) == (
        "what are n't you understanding about this ? !"
    )
