import pytest

from rnn_graph.data.sentences import read_sentences
from rnn_graph.data.text_files import read_documents
from rnn_graph.errors import InputError

ROWS = [("id", "date", "body"), ("1", "2020-01-02", "one, two; three"), ("2", "2021", "four")]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["posts.csv", "posts.tsv", "POSTS.TSV"])
def test_any_delimiter(tmp_path, mark, name):
    path = tmp_path / name
    lines = (mark.join(f'"{field}"' for field in row) for row in ROWS)
    path.write_text("".join(f"{line}\n" for line in lines))
    given = {"delimiter": "|"} if mark == "|" else {}
    assert list(read_documents(path, **given)) == ["one, two; three", "four"]
    assert list(read_documents(path, column="id", **given)) == ["1", "2"]


def test_the_delimiter_that_makes_the_column_is_taken(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("name, first, last;body\nx;y, z\n")
    assert list(read_documents(path)) == ["y, z"]


@pytest.mark.parametrize("name", ["tab", r"\t", "\t"])
def test_a_tab_by_its_names(tmp_path, name):
    path = tmp_path / "a.txt"
    path.write_text("id\tbody\n1\tx\n")
    assert list(read_documents(path, file_format="csv", delimiter=name)) == ["x"]


@pytest.mark.parametrize("mark", ["", "::", '"', "\n"])
def test_what_is_no_delimiter(tmp_path, mark):
    path = tmp_path / "a.csv"
    path.write_text("body\nx\n")
    with pytest.raises(InputError, match="give one character, or tab"):
        list(read_documents(path, delimiter=mark))


@pytest.mark.parametrize("option", ["column", "delimiter"])
def test_a_column_of_plain_text_is_refused(tmp_path, option):
    path = tmp_path / "a.txt"
    path.write_text("body\nx\n")
    message = f"is read as plain text, which has no --{option}; leave it out, or give --format csv"
    with pytest.raises(InputError, match=message):
        list(read_sentences(path, **{option: ";"}))
    for file_format in ("csv", "auto"):
        path.rename(tmp_path / "a.csv") if file_format == "auto" else None
        at = tmp_path / "a.csv" if file_format == "auto" else path
        read = read_sentences(at, pre_split=True, column="body", file_format=file_format)
        assert len(list(read)) == 1


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_missing_column_names_those_that_are_there(tmp_path, name):
    path = tmp_path / name
    path.write_text("id;text\n1;x\n")
    with pytest.raises(InputError, match=r"no column 'body' in its header \('id', 'text'\)"):
        list(read_documents(path))
