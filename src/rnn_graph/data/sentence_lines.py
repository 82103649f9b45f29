"""Tagged sentences a line: `BOS … EOS` and labels, words and labels in two files, `word/label`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from rnn_graph.data.column_files import at_blanks, shortened
from rnn_graph.data.compressed_files import open_binary
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.data.text_files import decoded_lines
from rnn_graph.errors import InputError

LINES_LOOKED_AT = 20


def bos_eos(lines: Iterable[str], path: str | Path) -> Iterator[TaggedSentence]:
    """Sentences of `BOS w1 … wn EOS<TAB>O l1 … ln intent`; the intent is left out.

    Raises
    ------
    InputError
        If a line has another form.
    """
    for number, line in enumerate(lines, 1):
        if not at_blanks(line):
            continue
        left, *right = line.rstrip("\t ").split("\t")
        words = at_blanks(left)
        if len(right) != 1 or len(words) < 2 or (words[0], words[-1]) != ("BOS", "EOS"):
            raise InputError(
                f"{path}, line {number} ({shortened(line)}): expected BOS, the words, EOS, a tab,"
                " and the labels"
            )
        labels = at_blanks(right[0])
        if len(words) != len(labels):
            raise InputError(
                f"{path}, line {number}: {len(words)} words, BOS and EOS included, and"
                f" {len(labels)} labels; expected a label for BOS and each word, and the intent"
            )
        yield TaggedSentence(tuple(words[1:-1]), tuple(labels[1:-1]))


def has_slashes(lines: Iterable[str]) -> bool:
    """Whether the first sentences are of the form `The/DT dog/NN`."""
    first = list(islice((words for line in lines if (words := at_blanks(line))), LINES_LOOKED_AT))
    return bool(first) and all(_is_slashed(word) for words in first for word in words)


def slashed(lines: Iterable[str], path: str | Path) -> Iterator[TaggedSentence]:
    """Sentences of `word/label`, as in the Brown corpus; a word may have slashes of its own.

    Raises
    ------
    InputError
        If a word has no label.
    """
    for number, line in enumerate(lines, 1):
        words = at_blanks(line)
        for word in words:
            if not _is_slashed(word):
                raise InputError(
                    f"{path}, line {number}: {shortened(word)} has no label; expected word/label"
                )
        pairs = [word.rpartition("/") for word in words]
        if pairs:
            yield TaggedSentence(tuple(p[0] for p in pairs), tuple(p[2] for p in pairs))


def _is_slashed(word: str) -> bool:
    before, _, label = word.rpartition("/")
    return bool(before and label)


def pair(path: str | Path, encoding: str, errors: str) -> Iterator[TaggedSentence]:
    """Sentences whose words are in one file and labels in another one beside it.

    Parameters
    ----------
    path
        The folder of `seq.in` and `seq.out`, or any `X.in`.
    encoding, errors
        As in `open`.

    Raises
    ------
    InputError
        If there are no such two files, or their lines do not fit.
    """
    words_path = Path(path, "seq.in") if Path(path).is_dir() else Path(path)
    if words_path.suffix != ".in":
        raise InputError(
            f"{path} is no pair of files; give a folder with seq.in and seq.out, or the name of"
            " the .in file beside its .out file"
        )
    labels_path = words_path.with_suffix(".out")
    words_lines, labels_lines = (
        _split_lines(file, encoding, errors) for file in (words_path, labels_path)
    )
    if len(words_lines) != len(labels_lines):
        raise InputError(
            f"{words_path} has {len(words_lines)} lines and {labels_path} {len(labels_lines)};"
            " expected a line of labels for each line of words"
        )
    for number, (words, labels) in enumerate(zip(words_lines, labels_lines, strict=True), 1):
        if len(words) != len(labels):
            raise InputError(
                f"{words_path}, line {number}: {len(words)} words, but {len(labels)} labels in"
                f" {labels_path.name}; expected a label for each word"
            )
        yield TaggedSentence(words, labels)


def _split_lines(path: Path, encoding: str, errors: str) -> Sequence[tuple[str, ...]]:
    with open_binary(path) as stream:
        lines = decoded_lines(stream, path, encoding, errors)
        return [tuple(at_blanks(line.removesuffix("\n"))) for line in lines]
