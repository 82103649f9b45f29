"""The characters of words as ids."""

from collections.abc import Iterable, Sequence

import numpy as np

from rnn_graph.data.splitting import UNKNOWN_TOKEN
from rnn_graph.data.tag_vocabulary import DIGIT

# Of longer words the first and the last half of so many characters are kept.
LONGEST_SPELLING = 20
NOTHING, UNKNOWN_CHARACTER = 0, 1  # ids; those of known characters follow


class Spellings:
    """The spellings of words, each in a row of one length with nothing before and behind it.

    Parameters
    ----------
    words
        Whose characters are known; in the plain form in which they are looked up.

    Attributes
    ----------
    characters : tuple of str
        In the order of their ids.
    longest : int
        The most characters of a row.
    """

    def __init__(self, words: Iterable[str]):
        spelled = [_spelled(word) for word in words]
        self.characters = tuple(sorted(set("".join(spelled))))
        self.longest = max(1, min(LONGEST_SPELLING, max(map(len, spelled), default=0)))
        self._ids = {character: k for k, character in enumerate(self.characters, 2)}

    @property
    def ids(self) -> int:
        """How many ids there are."""
        return len(self.characters) + 2

    def of(self, words: Sequence[str]) -> np.ndarray:
        """The ids of words' characters, int32 [words, longest + 2]."""
        rows = np.full((len(words), self.longest + 2), NOTHING, dtype=np.int32)
        known: dict[str, np.ndarray] = {}
        for row, word in zip(rows, words, strict=True):
            if word not in known:
                known[word] = self._row(word)
            row[1 : 1 + len(known[word])] = known[word]
        return rows

    def _row(self, word: str) -> np.ndarray:
        letters = _spelled(word)
        if len(letters) > self.longest:
            first = -(-self.longest // 2)
            letters = letters[:first] + letters[len(letters) - self.longest + first :]
        found = [self._ids.get(character, UNKNOWN_CHARACTER) for character in letters]
        return np.array(found, dtype=np.int32)


def _spelled(word: str) -> str:
    """The characters of a word in its plain form; none of the unknown word."""
    return "" if word == UNKNOWN_TOKEN else word.replace(DIGIT, "0")
