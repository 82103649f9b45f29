"""Tagged files in the column layouts that people have: what is read, and what is said of it."""

import warnings

import pytest

from rnn_graph.data.tagged_files import read_predictions, read_tagged_sentences
from rnn_graph.errors import InputError, InputWarning

# Each says "Anna went to Paris" with a name and a place.
WORDS = ("Anna", "went", "to", "Paris")
NAMES = ("B-PER", "O", "O", "B-LOC")
CONLLU = """# sent_id = 1
# text = Anna went to Paris
1\tAnna\tAnna\tPROPN\tNNP\t_\t2\tnsubj\t_\t_
2-3\twent to\t_\t_\t_\t_\t_\t_\t_\t_
2\twent\tgo\tVERB\tVBD\t_\t0\troot\t_\t_
3\tto\tto\tADP\tIN\t_\t4\tcase\t_\t_
3.1\tcity\tcity\tNOUN\tNN\t_\t_\t_\t_\t_
4\tParis\tParis\tPROPN\tNNP\t_\t2\tobl\t_\tSpaceAfter=No

"""
LAYOUTS = {
    "conll-2003": (
        "-DOCSTART- -X- -X- O\n\n"
        "Anna NNP B-NP B-PER\nwent VBD B-VP O\nto TO B-PP O\nParis NNP B-NP B-LOC\n",
        NAMES,
        "words are column 1, labels column 4, of 4",
    ),
    "conll-2000": (
        "Anna NNP B-NP\nwent VBD B-VP\nto TO B-PP\nParis NNP B-NP\n",
        ("B-NP", "B-VP", "B-PP", "B-NP"),
        "words are column 1, labels column 3, of 3",
    ),
    "conll-u": (CONLLU, ("PROPN", "VERB", "ADP", "PROPN"), "column 2 'FORM', labels column 4 'UP"),
    "germeval": (
        "#\thttp://de.example.org [2009-10-17]\n"
        "1\tAnna\tB-PER\tO\n2\twent\tO\tO\n3\tto\tO\tO\n4\tParis\tB-LOC\tB-ORG\n",
        NAMES,
        "words are column 2, labels column 3, of 4 (column 1 counts the words)",
    ),
    "ids from 0": (
        "0 Anna B-PER\n1 went O\n2 to O\n3 Paris B-LOC\n",
        NAMES,
        "words are column 2, labels column 3, of 3 (column 1 counts the words)",
    ),
    "wnut": ("Anna\tB-PER\nwent\tO\nto\tO\nParis\tB-LOC\n", NAMES, None),
    "label first": (
        "B-PER\tAnna\nO\twent\nO\tto\nB-LOC\tParis\n",
        NAMES,
        "words are column 2, labels column 1, of 2 (the labels stand first)",
    ),
    "label first, blanks": ("B-PER Anna\nO went\nO to\nB-LOC Paris\n", NAMES, "stand first"),
    "header": (
        "token\tpos\tner_tag\nAnna\tNNP\tB-PER\nwent\tVBD\tO\nto\tTO\tO\nParis\tNNP\tB-LOC\n",
        NAMES,
        "column 1 'token', labels column 3 'ner_tag', of 3 (by the header)",
    ),
    "runs of tabs": ("Anna\t\tB-PER\nwent\t\tO\nto\t\t\tO\nParis\t\tB-LOC\n", NAMES, None),
    "trailing tabs": ("Anna\tB-PER\t\nwent\tO\t\nto\tO\t\nParis\tB-LOC\t\n", NAMES, None),
}
DELIMITED = {
    "of tutorials": (
        "Sentence #,Word,POS,Tag\nSentence: 1,Anna,NNP,B-PER\n,went,VBD,O\n,to,TO,O\n"
        ',Paris,NNP,B-LOC\nSentence: 2,Stop,VB,O\n,",",",",O\n',
        "column 2 'Word', labels column 4 'Tag', of 4 (by the header)",
    ),
    "each row numbered": (
        "sent_id;token;label\n1;Anna;B-PER\n1;went;O\n1;to;O\n1;Paris;B-LOC\n2;Stop;O\n2;,;O\n",
        "column 2 'token', labels column 3 'label', of 3 (by the header)",
    ),
    "empty records": (
        'word,tag\nAnna,B-PER\nwent,O\nto,O\nParis,B-LOC\n,\nStop,O\n",",O\n',
        "column 1 'word', labels column 2 'tag', of 2 (by the header)",
    ),
    "empty lines": ('Anna,B-PER\nwent,O\nto,O\nParis,B-LOC\n\nStop,O\n",",O\n', None),
    "label first": (
        "tag\tword\nB-PER\tAnna\nO\twent\nO\tto\nB-LOC\tParis\n\nO\tStop\nO\t,\n",
        "column 2 'word', labels column 1 'tag', of 2 (by the header)",
    ),
}


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="data.txt", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return to_file


def read(path, **options):
    """The sentences, and what was said."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", InputWarning)
        sentences = read_tagged_sentences(path, **options)
    return sentences, [str(warning.message) for warning in warned]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_columns_are_found_by_what_stands_in_them(write, layout):
    text, labels, expected = LAYOUTS[layout]
    path = write(text)
    sentences, said = read(path)
    assert sentences == [(WORDS, labels)]
    guesses = [line for line in said if "words are column" in line]
    if expected is None:
        assert not said
    else:
        assert len(guesses) == 1
        assert expected in guesses[0]
        assert guesses[0].startswith(f"{path}: ")
        assert "--word-column and --label-column choose others" in guesses[0]


@pytest.mark.parametrize("layout", DELIMITED)
def test_csv_of_words(write, layout):
    text, expected = DELIMITED[layout]
    sentences, said = read(write(text, "data.csv"))
    assert sentences == [(WORDS, NAMES), (("Stop", ","), ("O", "O"))]
    assert [expected in line for line in said] == ([] if expected is None else [True])


def test_csv_in_latin_1_names_the_option(write):
    path = write("Sentence #,Word,POS,Tag\nSentence: 1,Café,NN,O\n", "ner.csv", "latin-1")
    with pytest.raises(InputError, match=r"not utf-8 .*; give --encoding"):
        read_tagged_sentences(path)
    sentences, _ = read(path, encoding="latin-1")
    assert sentences == [(("Café",), ("O",))]


@pytest.mark.parametrize(
    ("word", "label", "words", "labels"),
    [
        (2, 4, WORDS, ("PROPN", "VERB", "ADP", "PROPN")),
        ("3", "5", ("Anna", "go", "to", "Paris"), ("NNP", "VBD", "IN", "NNP")),
        ("form", "XPOS", WORDS, ("NNP", "VBD", "IN", "NNP")),
        (None, -3, WORDS, ("nsubj", "root", "case", "obl")),
        ("LEMMA", None, ("Anna", "go", "to", "Paris"), ("PROPN", "VERB", "ADP", "PROPN")),
    ],
)
def test_columns_that_are_given(write, word, label, words, labels):
    sentences, said = read(write(CONLLU), word_column=word, label_column=label)
    assert sentences == [(words, labels)]
    assert any("words are column" in line for line in said) == (None in (word, label))


def test_a_header_in_a_language_of_its_own(write):
    sentences, _ = read(write("Wort Etikett\nAnna B-PER\n"), word_column="wort")
    assert sentences == [(("Anna",), ("B-PER",))]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"word_column": 3}, "no column 3; give --word-column one of 1 to 2, or -1 for the last"),
        ({"label_column": 0}, "no column 0; give --label-column"),
        ({"label_column": "-3"}, "no column -3"),
        ({"label_column": "NER"}, "no column 'NER': it has no header; give --label-column a numb"),
        ({"word_column": 2}, "column 2 of 2 cannot hold both words and labels"),
    ],
)
def test_columns_that_are_not_there(write, options, message):
    with pytest.raises(InputError, match=message):
        read_tagged_sentences(write("Anna B-PER\nwent O\n"), **options)


def test_a_column_that_a_header_lacks(write):
    with pytest.raises(InputError, match="no column 'NER': its header names word, tag; give"):
        read_tagged_sentences(write("word tag\nAnna O\n"), label_column="NER")


def test_columns_of_a_format_without_any(write):
    with pytest.raises(InputError, match="has no columns, but BOS … EOS"):
        read_tagged_sentences(write("BOS a EOS\tO O x\n"), word_column=2)


def test_what_cannot_be_labels_or_words(write):
    path = write("".join(f"word{n} lemma{n}\n" for n in range(60)))
    message = r"column 2 of 2 has 60 different entries in 60 words \(lemma.*give --label-column"
    with pytest.raises(InputError, match=message):
        read_tagged_sentences(path)
    assert len(read(path, label_column=2)[0][0].words) == 60
    path = write("B-PER B-PER\nO O\n")
    with pytest.raises(InputError, match="column 1 of 2 has labels and no words; give --word-c"):
        read_tagged_sentences(path)
    assert read(path, word_column=1, label_column=2)[0][0].words == ("B-PER", "O")


@pytest.mark.parametrize(
    "comment",
    [
        "# sent_id = 3",
        "# newdoc",
        "#\thttp://example.org/a",
        "#begin document (nw/a.mrg); part 000",
        "###MEDLINE:123",
        "-DOCSTART-",
        "-DOCSTART- O",
        "# text: Anna is here",
        "# text = Anna\twent",
    ],
)
def test_what_is_no_word_is_counted_and_named(write, comment):
    for after in ("", "\n"):
        text = f"{comment}\n{after}Anna\tB-PER\nsleeps\tO\n\n{comment}\n{after}No\tO\n"
        sentences, said = read(write(text))
        assert sentences == [(("Anna", "sleeps"), ("B-PER", "O")), (("No",), ("O",))]
        assert len(said) == 1
        assert "left out 2 lines that are no words: " in said[0]
        assert said[0].endswith(" in line 1")


def test_the_end_of_a_document_ends_a_sentence(write):
    sentences, said = read(write("#begin document (a)\nAnna O\n#end document\nNo O\n"))
    assert [sentence.words for sentence in sentences] == [("Anna",), ("No",)]
    assert "left out 2 lines" in said[0]


@pytest.mark.parametrize("word", ["#news:", "#nowplaying", "#", "##", "#1", "#a=b"])
@pytest.mark.parametrize("blank", ["\t", " "])
def test_a_word_may_begin_with_a_hash(write, word, blank):
    text = f"{word}{blank}O\nAnna{blank}B-PER\n{word}{blank}O\n\n{word}{blank}O\n"
    sentences, said = read(write(text))
    assert [sentence.words for sentence in sentences] == [(word, "Anna", word), (word,)]
    assert not said


def test_blanks_within_a_word_between_tabs(write):
    sentences, _ = read(write("New York\tB-LOC\n10 000\tO\n"))
    assert sentences == [(("New York", "10 000"), ("B-LOC", "O"))]


@pytest.mark.parametrize("name", ["long.conll", "long.csv"])
def test_what_has_no_end_of_a_sentence_is_read_in_pieces(write, name):
    mark = "," if name.endswith("csv") else " "
    path = write(f"word{mark}O\n" * 2500, name)
    sentences, said = read(path)
    assert [len(sentence.words) for sentence in sentences] == [1000, 1000, 500]
    assert said == [
        f"{path}: sentences longer than 1,000 words, such as one of 2,500, are read in pieces of"
        " that length"
    ]


def test_predictions_leave_out_what_is_no_word(write):
    text = "-DOCSTART- O O\n\nAnna B-PER O\n#news: O O\n"
    with pytest.warns(InputWarning, match="left out line that is no word"):
        truth, guesses = read_predictions(write(text))
    assert (truth, guesses) == ([("B-PER", "O")], [("O", "O")])
