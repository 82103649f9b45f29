import gzip
import io
import pickle
import sys

import numpy as np
import pytest

from rnn_graph.data.tagged_files import read_tagged_sentences
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.errors import InputError, InputWarning

SENTENCES = [
    TaggedSentence(("to", "new", "york"), ("O", "B-city", "I-city")),
    TaggedSentence(("über",), ("I-time",)),
]
TEXTS = {
    "conll": "to O\nnew B-city\nyork I-city\n\nüber I-time\n",
    "bos-eos": "BOS to new york EOS\tO O B-city I-city flight\nBOS über EOS\tO I-time flight\n",
}
WORDS, LABELS = "to new york\nüber\n", "O B-city I-city\nI-time\n"
INDICES = [np.array([0, 1, 2], dtype=np.int32), np.array([3], dtype=np.int32)]
PART = (INDICES, INDICES, INDICES)
DICTS = {
    "words2idx": {"to": 0, "new": 1, "york": 2, "über": 3},
    "labels2idx": {"O": 0, "B-city": 1, "I-city": 2, "I-time": 3},
}
ATIS = (PART, PART, PART, DICTS)


@pytest.fixture
def write(tmp_path):
    """A function that writes text or bytes to a file and returns its path."""

    def to_file(content, name="data"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return to_file


@pytest.mark.parametrize("file_format", TEXTS)
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    "change",
    [
        lambda data: data,
        lambda data: gzip.compress(data, mtime=0),
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.rstrip(b"\n"),
        lambda data: b"\n \n\t\n" + data.replace(b"\n\n", b"\n\n \t \r\n\n") + b"\n\n\n",
        lambda data: b"\xef\xbb\xbf" + data,
    ],
    ids=["plain", "gzip", "CRLF", "no end of line", "blank lines", "byte order mark"],
)
def test_the_text_formats_from_a_file_and_standard_input(
    write, monkeypatch, file_format, named, change
):
    data = change(TEXTS[file_format].encode())
    options = {"file_format": file_format} if named else {}
    assert read_tagged_sentences(write(data), **options) == SENTENCES
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(OnceOnly(data))))
    assert read_tagged_sentences("-", **options) == SENTENCES


class OnceOnly(io.BytesIO):
    """Bytes that, as those of a pipe, cannot be sought."""

    def seekable(self):
        return False

    def seek(self, *place):
        raise OSError("a pipe cannot be sought")


def test_another_encoding(write):
    path = write(TEXTS["conll"].encode("utf-16"))
    assert read_tagged_sentences(path, encoding="utf-16") == SENTENCES
    path = write(TEXTS["conll"].encode("latin1"))
    with pytest.raises(InputError, match="line 5, byte 29: not utf-8"):
        read_tagged_sentences(path)
    assert read_tagged_sentences(path, errors="replace")[1].words == ("\ufffdber",)


def test_conll_takes_the_first_and_the_last_column(write):
    text = (
        "-DOCSTART- -X- O O\n\nto TO  I-VP\tO\nnew\u00a0york NNP I-NP B-city\n"
        "-DOCSTART- -X- -X- O\n"
    )
    with pytest.warns(InputWarning, match=r"left out 2 lines|words are column 1, labels column 4"):
        sentences = read_tagged_sentences(write(text + "now RB I-ADVP O"))
    assert sentences == [(("to", "new\u00a0york"), ("O", "B-city")), (("now",), ("O",))]


def test_conll_comments_stand_before_a_sentence_and_words_may_be_hashes(write):
    text = (
        "# sent_id = 1\n# newdoc id = x\n# text = # = : = 1 #\n#\tO\n# B-price\n= O\n: O\n\n"
        "# text: four # 5\n# slots:\n#\tO\n#a = \n\n# O\n"
    )
    with pytest.warns(InputWarning, match="left out 6 lines that are no words|mark no phrase"):
        read_tagged_sentences(write(text.replace("#a = ", "# text = within")))
    with pytest.warns(InputWarning, match="left out 5 lines that are no words|mark no phrase"):
        sentences = read_tagged_sentences(write(text))
    assert sentences == [
        (("#", "#", "=", ":"), ("O", "B-price", "O", "O")),
        (("#", "#a"), ("O", "=")),
        (("#",), ("O",)),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("to O\nnew\n", r"line 2 \('new'\): one column; expected a word, then blanks"),
        ("to\n" * 3, r"line 1 \('to'\): one column"),
        ("to O\n\n" + "x" * 100, r"line 3 \('x{49}…'\): one column"),
        ("to O\nnew york B-city\n", r"line 2 .*: 3 columns, the lines before it have 2"),
        ("a A O\n\nb O\n", r"line 3 .*: 2 columns, the lines before it have 3"),
        ("", "holds no sentence"),
        ("\n-DOCSTART- O\n\n# text = x\n", "holds no sentence"),
        ("a\0 O\n", "line 1: a NUL byte"),
    ],
)
def test_what_is_no_conll_is_an_error(write, text, message):
    path = write(text)
    for file_format in ("auto", "conll"):
        with pytest.raises(InputError, match=f"{path}.*{message}"):
            read_tagged_sentences(path, file_format=file_format)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("BOS to york EOS\tO O flight", "4 words, BOS and EOS included, and 3 labels"),
        ("BOS to york EOS\tO O O O flight", "4 words, BOS and EOS included, and 5 labels"),
        ("BOS to york EOS O O O flight", "expected BOS, the words, EOS, a tab"),
        ("BOS to york\tO O O", "expected BOS, the words, EOS, a tab"),
        ("to york EOS\tO O O", "expected BOS, the words, EOS, a tab"),
        ("BOS\tO", "expected BOS, the words, EOS, a tab"),
        ("BOS to EOS\tO O\tflight", "expected BOS, the words, EOS, a tab"),
        ("BOS EOS", "expected BOS, the words, EOS, a tab"),
    ],
)
def test_what_is_no_bos_eos_is_an_error(write, line, message):
    path = write(f"{TEXTS['bos-eos']}\n{line}\n")
    for file_format in ("auto", "bos-eos"):
        with pytest.raises(InputError, match=f"{path}, line 4.*{message}"):
            read_tagged_sentences(path, file_format=file_format)


def test_bos_is_a_word_in_conll(write):
    assert read_tagged_sentences(write("BOS O\nx\tO\n")) == [(("BOS", "x"), ("O", "O"))]
    with pytest.raises(InputError, match=r"line 1 .*expected BOS, the words"):
        read_tagged_sentences(write("BOS O\n"), file_format="bos-eos")


@pytest.mark.parametrize("compress", [bytes, lambda data: gzip.compress(data, mtime=0)])
def test_pairs_by_folder_and_by_name(write, tmp_path, compress):
    for name in ("seq", "train.1"):
        write(compress(WORDS.encode()), f"{name}.in")
        write(compress(LABELS.rstrip("\n").replace("\n", "\r\n").encode()), f"{name}.out")
        for file_format in ("auto", "pair"):
            path = tmp_path / f"{name}.in"
            assert read_tagged_sentences(path, file_format=file_format) == SENTENCES
            assert read_tagged_sentences(tmp_path, file_format=file_format) == SENTENCES
            assert read_tagged_sentences(str(tmp_path), file_format=file_format) == SENTENCES


@pytest.mark.parametrize(
    ("words", "labels", "message"),
    [
        (WORDS, "O B-city\nI-time\n", r"seq\.in, line 1: 3 words, but 2 labels in seq\.out"),
        (WORDS, "O B-city I-city\n\n", "line 2: 1 words, but 0 labels"),
        (WORDS, LABELS + "O\n", r"seq\.in has 2 lines and .*seq\.out 3"),
        (WORDS, "", r"seq\.in has 2 lines and .*seq\.out 0"),
        (WORDS, None, r"cannot read .*seq\.out"),
        ("", "", "holds no sentence"),
        ("\n", "\n", "holds no sentence"),
    ],
)
def test_what_is_no_pair_is_an_error(write, tmp_path, words, labels, message):
    write(words, "seq.in")
    if labels is not None:
        write(labels, "seq.out")
    for path in (tmp_path, tmp_path / "seq.in"):
        with pytest.raises(InputError, match=message):
            read_tagged_sentences(path)


@pytest.mark.parametrize("name", ["-", "seq.out", "missing"])
def test_a_pair_needs_the_name_of_a_folder_or_its_words(write, tmp_path, monkeypatch, name):
    write(LABELS, "seq.out")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"no pair of files; give a folder with seq\.in"):
        read_tagged_sentences(name, file_format="pair")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("compress", [bytes, lambda data: gzip.compress(data, mtime=0)])
def test_pickles_are_recognized_by_their_content(write, monkeypatch, protocol, compress):
    for content in (ATIS, list(ATIS)):
        data = compress(pickle.dumps(content, protocol))
        for part in ("train", "valid", "test"):
            assert read_tagged_sentences(write(data), part=part) == SENTENCES
        assert read_tagged_sentences(write(data), file_format="pickle") == SENTENCES
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(OnceOnly(data))))
        assert read_tagged_sentences("-") == SENTENCES


@pytest.mark.parametrize("name", ["a.pkl", "a.pkl.gz", "A.PKL"])
def test_a_pickles_name_is_believed(write, name):
    for content in (TEXTS["conll"], "", b"\xff\xfe"):
        path = write(content, name)
        with pytest.raises(InputError, match=rf"{path} (has the instruction|is a damaged pickle)"):
            read_tagged_sentences(path)


@pytest.mark.parametrize("text", ["( O\n", "(lp O\n", "((d O\n", "]q O\n"])
def test_text_that_begins_like_a_pickle_is_text(write, text):
    assert read_tagged_sentences(write(text)) == [((text.split()[0],), ("O",))]


@pytest.mark.parametrize("file_format", ["bos-eos", "pair", "pickle"])
def test_empty_sentences_are_left_out_and_counted_once(write, tmp_path, file_format):
    if file_format == "bos-eos":
        path = write(TEXTS["bos-eos"] + "BOS EOS\tO flight\n" * 3)
    elif file_format == "pair":
        path = write("\n" + WORDS + "\n\n", "seq.in")
        write(" \n" + LABELS + "\n\n", "seq.out")
    else:
        lists = [*INDICES, np.array([], dtype=np.int32), np.array([]), np.array([], dtype=bool)]
        path = write(pickle.dumps(((lists, [], lists), PART, DICTS)))
    with pytest.warns(InputWarning, match="without words, 3$") as warned:
        assert read_tagged_sentences(path) == SENTENCES
    assert len(warned) == 1
    assert warned[0].filename == __file__


def test_unknown_options_and_missing_files(write, tmp_path):
    path = write(TEXTS["conll"])
    with pytest.raises(InputError, match=r"format 'text'.*give one of auto, conll, csv, bos-eos"):
        read_tagged_sentences(path, file_format="text")
    with pytest.raises(InputError, match="has one column"):
        read_tagged_sentences(path, file_format="csv")
    with pytest.raises(InputError, match=r"part 'dev'.*one of train, valid, test"):
        read_tagged_sentences(path, part="dev")
    for file_format in ("auto", "conll", "bos-eos", "pickle"):
        with pytest.raises(InputError, match=r"cannot read .*missing"):
            read_tagged_sentences(tmp_path / "missing", file_format=file_format)
    with pytest.raises(InputError, match=r"cannot read .*directory"):
        read_tagged_sentences(tmp_path, file_format="conll")


def test_rows_without_a_word_are_no_sentence(write):
    path = write("\t0\n", "no-words.csv")
    with pytest.warns(InputWarning), pytest.raises(InputError, match="no sentence"):
        read_tagged_sentences(path)
