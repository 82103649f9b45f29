"""What people take for a text, or for one that has words between blanks and lines that end."""

import warnings

import pytest

from rnn_graph import read_sentences
from rnn_graph.data.corpus import read_language_corpus
from rnn_graph.data.splitting import Splitting
from rnn_graph.data.text_files import read_documents
from rnn_graph.errors import InputError, InputWarning

TAGGED = (
    "EU {} B-ORG\nrejects {} O\nGerman {} B-MISC\ncall {} O\n\nPeter {} B-PER\nBlackburn {} I-PER\n"
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (TAGGED.replace(" {}", ""), "words with labels, a word a line; `rnn-graph train tagger`"),
        (TAGGED.format(*["NNP"] * 6), "words with labels"),
        (f"-DOCSTART- O\n\n{TAGGED.replace(' {}', '')}", "words with labels"),
        ("O show\nO me\nB-city boston\nO to\nB-city denver\n", "words with labels"),
        ("word\ttag\nshow\tO\nme\tO\nin\tO\nold\tB-city\ntown\tI-city\n", "words with labels"),
        ("<!DOCTYPE html>\n<html>\n", "is a page of the web"),
        ("\n  <html lang='en'>\n", "is a page of the web"),
        ('{"text": "a"}\n{"text": "b"}\n', "holds JSON"),
    ],
)
def test_what_is_no_text(tmp_path, content, message):
    path = tmp_path / "data.txt"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        list(read_documents(path))
    assert list(read_documents(path, file_format="text"))


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_of_another_name_is_noticed(tmp_path, mark):
    path = tmp_path / "comments.txt"
    path.write_text(mark.join(["Id", "Body"]) + "\n" + mark.join(["1", "how are you"]) + "\n")
    with pytest.warns(InputWarning, match="looks like the header of CSV.*--format csv reads"):
        list(read_documents(path))


@pytest.mark.parametrize(
    "content",
    [
        "I saw O\nI heard O\nI felt O\nI met B-52\nI am O.\n",
        "body of evidence\nno body, no crime\n",
        "one word\n" * 50,
        "[Verse 1]\nla la la\n",
        "<unk> said < html\n",
        f"{'a ' * 100_000}\n",
    ],
)
def test_a_text_is_a_text(tmp_path, content, recwarn):
    path = tmp_path / "song.txt"
    path.write_text(content)
    assert "".join(read_documents(path)) == content
    assert not recwarn


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("id,Body", "body"),
        ("id, body", "body"),
        ("id,body", "2"),
        ("id;BODY", "Body"),
        ("2,1", "1"),
    ],
)
def test_a_column_by_its_name_in_any_case_or_its_number(tmp_path, header, column):
    path = tmp_path / "a.csv"
    mark = ";" if ";" in header else ","
    path.write_text(f"{header}\nx{mark}how are you\n")
    assert list(read_documents(path, column=column)) == ["how are you"]


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "sep=|"])
def test_the_line_by_which_spreadsheets_name_the_delimiter(tmp_path, line):
    path = tmp_path / "a.csv"
    mark = line.strip('"')[-1]
    path.write_text(f"{line}\nid{mark}body\n1{mark}a, b\n1{mark}2{mark}3\n")
    with pytest.raises(InputError, match="line 4: 3 columns, the header has 2"):
        list(read_documents(path))
    path.write_text(f"{line}\nid{mark}body\n1{mark}a, b\n")
    assert list(read_documents(path)) == ["a, b"]


NAMES = ["anna", "bert", "clara", "dora", "emil"]
WITHOUT_BLANKS = {
    "Chinese": ["我今天去北京看朋友", "他明天不来上课", "你喜欢吃什么水果呢"],
    "Chinese with marks": ["不来。上课！", "来吗？ 来！"],
    "Japanese": ["今日は天気がいいですね", "明日は学校に行きません"],
    "Thai": ["วันนี้อากาศดีมาก", "ฉันไปโรงเรียนทุกวัน"],
    "Khmer": ["ខ្ញុំទៅសាលារៀន", "ថ្ងៃនេះអាកាសធាតុល្អ"],
    "Latin run together": ["showmeflightsfromboston", "whatisthecheapestfare"],
}


@pytest.mark.parametrize("lines", WITHOUT_BLANKS.values(), ids=WITHOUT_BLANKS)
def test_text_without_blanks_is_noticed(lines):
    splitting = Splitting(pre_split=True, tokenizer="whitespace")
    with pytest.warns(InputWarning, match="give --tokenizer characters, or learn characters"):
        read_language_corpus(lines * 20, splitting=splitting)


def test_a_list_of_names_is_noticed():
    with pytest.warns(InputWarning, match="is learned by `rnn-graph train char --unit line`"):
        read_language_corpus(NAMES * 20, splitting=Splitting(pre_split=True))


@pytest.mark.parametrize(
    ("words", "tokenizer"), [(999, "nltk"), (1_000, "nltk"), (1_001, "nltk"), (2_500, "whitespace")]
)
@pytest.mark.parametrize("end", ["", "\n", "\r"])
def test_one_endless_line_is_read_in_pieces(tmp_path, words, tokenizer, end):
    path = tmp_path / "text8"
    text = " ".join(f"w{k % 7}" for k in range(words)) + end
    path.write_bytes(text.encode())
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = list(read_sentences(path, tokenizer=tokenizer))
    lengths = [len(sentence) - 2 for sentence in found]
    assert lengths == [1_000] * (words // 1_000) + [words % 1_000] * (words % 1_000 > 0)
    assert [word for sentence in found for word in sentence[1:-1]] == text.split()
    messages = [str(one.message) for one in said]
    assert len(messages) == (words > 1_000)
    assert all(f"such as one of {words:,}, are read in pieces" in one for one in messages)
