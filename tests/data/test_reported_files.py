"""Layouts of tagged files that people have, and what is read of each."""

import warnings

import pytest

from rnn_graph import read_sentences, read_tagged_sentences
from rnn_graph.data.corpus import read_language_corpus
from rnn_graph.errors import InputError, InputWarning

# The file's name, its content, and what is read: words and labels, a sentence a line.
FILES = {
    # Quotes are words where tabs part the columns.
    "quotes between tabs": (
        "w.tsv",
        'He\tO\n"\tO\nParis\tB-LOC\n"\tO\n\nx\tO\n',
        'He " Paris "|O O B-LOC O / x|O',
    ),
    "quotes under a header": (
        "w.tsv",
        'sentence_id\ttoken\ttag\n1\t"\tO\n1\ta\tB-x\n2\t"\tO\n',
        '" a|O B-x / "|O',
    ),
    "GermEval, named .tsv": (
        "ger.tsv",
        "#\thttp://a.de/x\n1\tAuf\tO\tO\n2\tUlm\tB-LOC\tO\n\n#\thttp://a.de/y\n1\tDa\tO\tO\n",
        "Auf Ulm|O B-LOC / Da|O",
    ),
    "document marks in .tsv": ("d.tsv", "-DOCSTART-\tO\n\nHe\tO\nx\tB-x\n", "He x|O B-x"),
    "a comment in .tsv": ("c.tsv", "# id 1\nHe\tO\nx\tB-x\n", "He x|O B-x"),
    "blanks in .tsv": ("b.tsv", "He O\nx B-x\n", "He x|O B-x"),
    # Ids are no words.
    "the sentence's number first": ("a", "1\tA\tO\n1\tB\tB-x\n2\tC\tO\n", "A B|O B-x / C|O"),
    "a running number": (
        "a",
        "0\tA\tO\n1\tB\tB-x\n\n2\tC\tO\n3\tD\tB-x\n",
        "A B|O B-x / C D|O B-x",
    ),
    "two ids": ("a", "s1\t1\tA\tO\ns1\t2\tB\tB-x\n\ns2\t1\tC\tO\n", "A B|O B-x / C|O"),
    "CoNLL-U Plus": (
        "a",
        "# global.columns = ID FORM UPOS NER\n1-2\tab\t_\t_\n1\ta\tDET\tO\n2\tb\tNOUN\tB-X\n\n",
        "a b|O B-X",
    ),
    "CoNLL-2012": (
        "a",
        "#begin document (bc/x); part 000\n"
        "bc/x 0 0 In IN (TOP* - - - Sp#1 * -\n"
        "bc/x 0 1 Tai NNP (NP* - - - Sp#1 (GPE* (12\n"
        "bc/x 0 2 Pei NNP *)) - - - Sp#1 *) 12)\n\n#end document\n",
        "In Tai Pei|O B-GPE I-GPE",
    ),
    # Labels that stand first, in any style.
    "BMES first": ("a", "O\twhat\nB-A\ttom\nM-A\tx\nE-A\ty\n", "what tom x y|O B-A I-A E-A"),
    "lower case first": (
        "a",
        "o\twhat\nb-actor\ttom\ni-actor\tx\n",
        "what tom x|O B-actor I-actor",
    ),
    "suffixes first": ("a", "O\twhat\nACTOR-B\ttom\n", "what tom|O B-ACTOR"),
    "underscores first": ("a", "O\twhat\nB_ACTOR\ttom\n", "what tom|O B-ACTOR"),
    # Sentences of CSV.
    "an index of sentences": (
        "k.csv",
        ",word,sentence_idx,tag\n0,A,1.0,O\n1,B,1.0,B-x\n2,C,2.0,O\n",
        "A B|O B-x / C|O",
    ),
    "ids of sentences": ("k.csv", "id,words,labels\n1,A,O\n1,B,B-x\n2,C,O\n", "A B|O B-x / C|O"),
    "ids of words": ("k.csv", "id,words,labels\n1,A,O\n2,B,B-x\n3,C,O\n", "A B C|O B-x O"),
    "NaN": (
        "k.csv",
        "Sentence #,Word,Tag\n1.0,A,O\nNaN,B,B-x\nNaN,C,O\n2.0,D,O\nNaN,E,O\n",
        "A B C|O B-x O / D E|O O",
    ),
    "a header in .txt": (
        "k.txt",
        "sentence_id\ttoken\ttag\n1\tA\tO\n1\tB\tB-x\n2\tC\tO\n",
        "A B|O B-x / C|O",
    ),
    "a row without a word": ("k.csv", "Sentence #,Word,Tag\n1,a,O\n,,O\n,b,B-x\n", "a b|O B-x"),
    # Comments as wide as words.
    "MultiCoNER": ("a", "# id 00\tdomain=en\nit _ _ O\nUlm _ _ B-LOC\n\n", "it Ulm|O B-LOC"),
    "KLUE": ("a", "## klue-1\t<A:B>\na\tB-DT\nb\tI-DT\n\n", "a b|B-DT I-DT"),
    "newdoc": ("a", "# newdoc\nA O\nB B-x\n", "A B|O B-x"),
    "a number": ("a", "# 1\nA O\nB B-x\n\n# 2\nC O\nD O\n", "A B|O B-x / C D|O O"),
    "a comment within": ("a", "A\tO\n# sent_id = 3\nB\tB-x\n", "A B|O B-x"),
    # Which column has the labels.
    "annotators last": ("a", "1\ta\tO\t-\tann\n2\tb\tB-P\t-\tann\n\n", "a b|O B-P"),
    "parts of speech last": ("a", "EU B-ORG NNP\nsays O VB\n", "EU says|B-ORG O"),
    "two named columns": ("k.csv", "Word,Tag,NER\nEU,NNP,B-ORG\nsays,VB,O\n", "EU says|B-ORG O"),
    # Other ways to write labels.
    "BMES": ("a", "a B-N\nb M-N\nc E-N\n", "a b c|B-N I-N E-N"),
    "BMES with underscores": ("a", "a B_N\nb M_N\nc E_N\nd O\n", "a b c d|B-N I-N E-N O"),
    "lower case": ("a", "a b-per\nb i-per\nc o\n", "a b c|B-per I-per O"),
    "strokes": ("a", "a B/PER\nb I/PER\nc O\n", "a b c|B-PER I-PER O"),
    "dots": ("a", "a B.PER\nb O\n", "a b|B-PER O"),
    "dashes": ("a", "a B–PER\nb O\n", "a b|B-PER O"),
    "NAVER": ("a", "a PER_B\nb PER_I\nc -\n", "a b c|B-PER I-PER O"),
    # Whole sentences in records of CSV.
    "lists": (
        "k.csv",
        "Sentence #,Sentence,POS,Tag\n"
        "1,It is so,\"['PRP', 'VBZ', 'RB']\",\"['O', 'B-x', 'I-x']\"\n"
        "2,No,\"['DT']\",\"['O']\"\n",
        "It is so|O B-x I-x / No|O",
    ),
    "labels between commas": (
        "k.csv",
        'sentence,word_labels\na b c,"O,O,B-geo"\nd e,"O,O"\n',
        "a b c|O O B-geo / d e|O O",
    ),
    "labels between blanks": ("k.csv", "id,tokens,tags\n7,a b,O B-x\n8,c,O\n", "a b|O B-x / c|O"),
    "lists of words": (
        "k.csv",
        'tokens,ner_tags\n"[\'a\', ""it\'s""]","[\'O\', \'B-x\']"\n',
        "a it's|O B-x",
    ),
    "arrays of NumPy": ("k.csv", "tokens,tags\n['a' 'b'],['O' 'B-x']\n", "a b|O B-x"),
    # A header with names of its own.
    "unknown names": ("k.csv", "ortho,klass\na,O\nb,B-x\nc,O\n", "a b c|O B-x O"),
    "unknown names in columns": ("k", "ortho klass\na O\nb B-x\nc O\n", "a b c|O B-x O"),
    "unknown names and a running number": (
        "k.csv",
        "nr,ortho,klass\n" + "".join(f"{k},w{k},T{k % 3}\n" for k in range(12)),
        f"{' '.join(f'w{k}' for k in range(12))}|{' '.join(f'T{k % 3}' for k in range(12))}",
    ),
    # Other layouts.
    "slashes": ("a", "The/DT 1/2/CD dog/NN\n\nSo/RB ./.\n", "The 1/2 dog|DT CD NN / So .|RB ."),
    "GermEval without outer entities": (
        "g.tsv",
        "#\thttp://a.de/x\n1\tAuf\tO\tO\n2\tUlm\tO\tB-LOC\n",
        "Auf Ulm|O O",
    ),
    "CoNLL-U with XPOS alone": (
        "a.conllu",
        "1\tHe\the\t_\tPRP\t_\t2\tnsubj\t_\t_\n2\truns\trun\t_\tVBZ\t_\t0\troot\t_\t_\n",
        "He runs|PRP VBZ",
    ),
    "prefixes alone": ("a", "a B\nb I\nc O\n", "a b c|B-phrase I-phrase O"),
}


def read(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)
        return read_tagged_sentences(path, **options)


@pytest.mark.parametrize("name", FILES)
def test_what_is_read(tmp_path, name):
    file_name, content, expected = FILES[name]
    path = tmp_path / file_name
    path.write_text(content, encoding="utf-8")
    found = [f"{' '.join(s.words)}|{' '.join(s.labels)}" for s in read(path)]
    assert " / ".join(found) == expected


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("id,tokens,tags\n1,a b,O B-x\n" + "2,c d,O O\n" * 20 + "3,e f,O\n", {}, "line 23: 2 in"),
        ("word,tag\na,O\nb,\n", {}, "line 3 .'b,'.: no label in column 2"),
        ("word,tag\na,_\nb,_\n", {}, "column 2 'tag' of 2 has no labels"),
        ("word,tag,ner\na,_,O\nb,_,O\n", {"label_column": 2}, "column 2 'tag' of 3 has no labels"),
        ("word,tag\na,O\n", {"word_column": 1.0}, "column is 1.0; give --word-column a whole"),
        ("word,tag\na,O\n", {"label_column": True}, "column is True; give --label-column a whole"),
    ],
)
def test_what_is_refused(tmp_path, content, options, message):
    path = tmp_path / "k.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read(path, **options)


def test_columns_of_slashed_words_are_refused(tmp_path):
    path = tmp_path / "a"
    path.write_text("The/DT dog/NN\n")
    with pytest.raises(InputError, match="has no columns, but word/label"):
        read(path, word_column=1)
    path.write_text("The/DT dog/NN\n" * 30 + "runs\n")
    with pytest.raises(InputError, match="line 31: 'runs' has no label; expected word/label"):
        read(path)


def test_a_delimiter_of_ones_own(tmp_path):
    path = tmp_path / "words.csv"
    path.write_text("word|tag\nEU|B-ORG\nsays|O\n")
    assert read(path, delimiter="|") == [(("EU", "says"), ("B-ORG", "O"))]
    with pytest.raises(InputError, match="--delimiter is for CSV"):
        read(path, delimiter="|", file_format="conll")


@pytest.mark.parametrize(
    ("encoding", "named"), [("utf-8-sig", "U8"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le")]
)
def test_a_byte_order_mark_is_no_part_of_a_word(tmp_path, encoding, named):
    path = tmp_path / "words"
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    path.write_bytes(f"{mark}EU O\nx B-x\n".encode(encoding))
    assert read(path, encoding=named)[0].words == ("EU", "x")


def test_words_that_are_numbers_alone_are_named(tmp_path):
    path = tmp_path / "words"
    path.write_text("1\tO\n2\tB-x\n3\tO\n")
    with pytest.warns(InputWarning, match="all of them numbers"):
        read_tagged_sentences(path)


def test_a_scheme_that_changes_nothing_says_so(tmp_path):
    path = tmp_path / "words"
    path.write_text("a DET\nb NOUN\n")
    with pytest.warns(InputWarning, match="--scheme bio changes none"):
        read_tagged_sentences(path, scheme="bio")


@pytest.mark.parametrize("text", ['{"text": "a b"}\n', '[{"tokens": ["a"], "tags": ["O"]}]\n'])
def test_json_is_refused_by_every_reader(tmp_path, text):
    path = tmp_path / "data"
    path.write_text(text)
    for reader in (read_tagged_sentences, lambda path: list(read_sentences(path))):
        with pytest.raises(InputError, match="holds JSON"):
            reader(path)
    assert list(read_sentences(path, file_format="text"))


def test_one_line_without_blanks_gets_a_hint(tmp_path):
    path = tmp_path / "zh.txt"
    path.write_text("我们去北京。你好吗？" * 400, encoding="utf-8")
    with pytest.warns(InputWarning, match="give --tokenizer characters"):
        read_language_corpus(path)


@pytest.mark.parametrize("text", ["The <unk> of <UNK>, UNK.", '"<unk>" said ([UNK]).'])
def test_marks_of_unknown_words_beside_punctuation(text):
    (words,) = read_sentences([text])
    assert words.count("UNKNOWN_TOKEN") == text.lower().count("unk")
    assert not {"unk", "<", "["} & {*words}


@pytest.mark.parametrize("space", ["\xa0", "\u202f"])
def test_no_break_spaces_part_no_words(space):
    (words,) = read_sentences([f"10{space}000 euros{space}! yes"], pre_split=True)
    assert words[1:-1] == [f"10{space}000", "euros", "!", "yes"]


def test_fields_beyond_the_header_of_text_are_refused(tmp_path):
    path = tmp_path / "text.csv"
    path.write_text("id,body\n1,Hello, you there\n")
    with pytest.raises(InputError, match="line 2: 3 columns, the header has 2"):
        list(read_sentences(path))
