"""Embeddings of words from a text file, as GloVe and word2vec write them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rnn_graph.data.compressed_files import open_binary
from rnn_graph.data.tag_vocabulary import TagVocabulary, plain_form
from rnn_graph.data.text_files import decoded_lines
from rnn_graph.errors import InputError


@dataclass(frozen=True)
class WordVectors:
    """The rows of a file that a vocabulary has words for.

    Attributes
    ----------
    rows
        Embeddings by word id.
    dimension
        Numbers in each.
    description
        How many of the words are covered, for the user.
    """

    rows: dict[int, np.ndarray]
    dimension: int
    description: str

    def written_over(self, embeddings: np.ndarray) -> np.ndarray:  # [n, dimension] -> the same
        """A copy of a table of embeddings, by word id, with the file's rows in their places."""
        table = embeddings.copy()
        table[list(self.rows)] = list(self.rows.values())
        return table


def read_word_vectors(path: str | Path, vocabulary: TagVocabulary) -> WordVectors:
    """Read the embeddings of a vocabulary's words, line by line; only their rows are kept.

    A word is found as it is written in the file; where the vocabulary does not have it so, in its
    plain form (in lower case, say). If a word occurs again, the first one counts.

    Parameters
    ----------
    path
        A text file, which may be gzipped: `word number number …` lines of one width, with or
        without a first line `words dimension`.
    vocabulary

    Raises
    ------
    InputError
        If the file cannot be read, a line has another width, what stands for a number of one of
        the words is none or not finite, or there is none of the words.
    """
    ids = {word: k for k, word in enumerate(vocabulary.words.tokens)}
    exact: dict[int, np.ndarray] = {}
    in_plain_form: dict[int, np.ndarray] = {}
    dimension, repeated = 0, set()
    with open_binary(path) as stream:
        for number, line in enumerate(decoded_lines(stream, path, "utf-8", "replace"), 1):
            columns = line.rstrip("\n").rstrip(" ").split(" ")
            if number == 1 and _is_header(columns):
                dimension = int(columns[1])
                continue
            dimension = dimension or len(columns) - 1
            if len(columns) != dimension + 1 or dimension < 1:
                if _has_blank_in_word(columns, dimension):
                    continue
                raise InputError(
                    f"{path}, line {number} ({line[:20].strip()!r} …): {len(columns) - 1} numbers;"
                    f" expected a word and {dimension or 'its'} numbers, all between single blanks"
                )
            word = columns[0]
            known, found = ids.get(word), exact
            if known is None:
                known, found = (
                    ids.get(plain_form(word, lowercase=vocabulary.lowercase)),
                    in_plain_form,
                )
            if known is None:
                continue
            if known not in found:
                found[known] = _numbers(columns[1:], word, path, number)
            elif found is exact:
                repeated.add(word)
    rows = in_plain_form | exact
    if not rows:
        raise InputError(
            f"{path} has none of the {len(ids):,} words of the training data; give embeddings of"
            " their language, as `word number number …` lines"
        )
    description = (
        f"embeddings of {len(rows):,} of {len(ids):,} words ({len(rows) / len(ids):.1%}) from"
        f" {path}, {dimension} numbers each; the others are drawn"
    )
    if repeated:
        description += f"; {len(repeated)} stand there again, and the first counts: " + ", ".join(
            sorted(repeated)[:5]
        )
    return WordVectors(rows, dimension, description)


def _is_header(columns: list[str]) -> bool:
    return len(columns) == 2 and all(column.isdigit() for column in columns)


def _has_blank_in_word(columns: list[str], dimension: int) -> bool:
    """Whether the columns too many belong to the word, as in some published files."""
    extra = columns[1 : len(columns) - dimension]
    return len(columns) > dimension + 1 and not any(map(_is_number, extra))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(columns: list[str], word: str, path: str | Path, line: int) -> np.ndarray:
    try:
        values = np.array(columns, dtype=np.float64)
    except ValueError:
        wrong = next(column for column in columns if not _is_number(column))
        raise InputError(
            f"{path}, line {line}: {wrong!r} in the embedding of {word!r} is no number; expected"
            " numbers between single blanks"
        ) from None
    if not np.isfinite(values).all():
        wrong = columns[int(np.flatnonzero(~np.isfinite(values))[0])]
        raise InputError(
            f"{path}, line {line}: the embedding of {word!r} has {wrong}; give finite numbers, or"
            " leave the line out"
        )
    return values
