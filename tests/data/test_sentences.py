from collections import Counter

import pytest

from rnn_graph.data.sentences import Corpus, count_tokens, read_sentences, with_markers
from rnn_graph.data.splitting import UNKNOWN_TOKEN, Splitting
from rnn_graph.data.tagged_files import read_tagged_sentences
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START
from rnn_graph.errors import InputError, InputWarning

REDDIT = "reddit/reddit-comments-2015-08.first835.csv"


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
    sentences = [with_markers(words) for words in ("aba", "ca", "b")]
    corpus = Corpus(sentences)
    assert (len(corpus), corpus.token_count, corpus.type_count) == (3, 12, 5)
    small = corpus.vocabulary(4)
    assert small.tokens == (SENTENCE_START, "a", SENTENCE_END, UNKNOWN_TOKEN)
    big = corpus.vocabulary(100)
    assert [big.decode(ids) for ids in corpus.encode(big)] == sentences
    assert count_tokens(["aba", "ca", "b"]) == Counter(a=3, b=2, c=1)


def test_a_corpus_adds_the_markers_that_sentences_lack():
    """Without an end marker a model never learns to stop."""
    bare, half, whole = (
        ["a", "b"],
        ["a", "b", SENTENCE_END],
        [SENTENCE_START, "a", "b", SENTENCE_END],
    )
    corpus = Corpus([bare, half, whole])
    vocabulary = corpus.vocabulary(10)
    assert [vocabulary.decode(ids) for ids in corpus.encode(vocabulary)] == [whole] * 3


def test_documents_and_token_lists_are_read_as_files_are(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("I don't know. Do you?\nYes\n")
    from_file = list(read_sentences(path))
    assert list(read_sentences(["I don't know. Do you?", "Yes"])) == from_file
    assert list(read_sentences([["Yes"], [SENTENCE_START, "no"]])) == [
        [SENTENCE_START, "Yes", SENTENCE_END],
        [SENTENCE_START, "no", SENTENCE_END],
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (5, "data is int; give a path, a list"),
        ([], "data is an empty list"),
        (["a", ["b"]], r"data\[1\] is .*give strings alone, or lists of strings"),
        ([["a"], [5]], r"data\[1\]"),
        ([3], r"data\[0\] is '3'"),
        ([["a"], "b"], r"data\[1\] is 'b'"),
    ],
)
def test_other_data_is_refused(data, message):
    with pytest.raises(InputError, match=message):
        list(read_sentences(data))


def test_a_no_break_space_belongs_to_a_word(tmp_path):
    splitting = Splitting(pre_split=True, tokenizer="whitespace")
    assert splitting.words("costs 10\u00a0000\teuros  now\n") == [
        "costs",
        "10\u00a0000",
        "euros",
        "now",
    ]
    path = tmp_path / "a.conll"
    path.write_text("10\u00a0000\tO\n")
    assert read_tagged_sentences(path)[0].words == ("10\u00a0000",)


@pytest.mark.parametrize("tokenizer", ["nltk", "whitespace"])
@pytest.mark.parametrize("marker", ["<unk>", "<UNK>", "UNK", "[UNK]", "UNKNOWN_TOKEN"])
def test_words_that_the_data_marks_as_unknown_are_the_unknown_token(tokenizer, marker):
    splitting = Splitting(pre_split=True, tokenizer=tokenizer)
    assert splitting.words(f"The {marker} sat") == ["the", UNKNOWN_TOKEN, "sat"]
    assert list(splitting.sentences(f"{marker} {marker}\n")) == [[UNKNOWN_TOKEN] * 2]


def test_only_whole_words_are_marks():
    words = Splitting(tokenizer="whitespace").words("UNKs a<unk> drUNK")
    assert words == ["unks", "a<unk>", "drunk"]


def test_a_splitting_comes_back_from_what_a_file_holds():
    splitting = Splitting(True, "whitespace", False, "text")
    assert Splitting.from_dict(splitting.as_dict()) == splitting
    assert Splitting.from_dict(None) is None
    for damaged in ("nltk", {"pre_split": True}, splitting.as_dict() | {"pre_split": "no"}):
        with pytest.raises(InputError, match="splitting is"):
            Splitting.from_dict(damaged)
    with pytest.raises(InputError, match="unknown tokenizer 'spacy'; give one of nltk, whitespace"):
        Splitting(tokenizer="spacy")


def test_the_tutorials_figures(real_data):
    with pytest.warns(InputWarning, match="cut off"):
        corpus = Corpus(read_sentences(real_data(REDDIT)))
    assert (len(corpus), corpus.token_count, corpus.type_count) == (4344, 95708, 11019)
    vocabulary = corpus.vocabulary(8000)
    sentences = corpus.encode(vocabulary)
    assert len(sentences[10]) - 1 == 45
    assert sentences[17].tolist() == [0, 52, 31, 16, 10, 1707, 58, 27, 36, 85, 1]
    assert " ".join(vocabulary.decode(sentences[17][1:-1])) == (
        "what are n't you understanding about this ? !"
    )
