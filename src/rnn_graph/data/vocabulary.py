"""Vocabulary: a value that maps tokens to ids and back."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from rnn_graph.data.splitting import UNKNOWN_MARKERS, UNKNOWN_TOKEN, Splitting
from rnn_graph.errors import InputError

SENTENCE_START = "SENTENCE_START"
SENTENCE_END = "SENTENCE_END"

# Two markers, the unknown token, and one word to predict.
SMALLEST_SIZE = 4


class Vocabulary:
    """An immutable, ordered set of tokens; a token's place is its id.

    Parameters
    ----------
    tokens
        Distinct tokens in the order of their ids. `UNKNOWN_TOKEN` has to be among them: it stands
        for every token that is not.
    splitting
        How text was split into these words, so that evaluation and prompts are split alike; None
        if it is not known. Vocabularies of the same tokens are equal whatever it is.

    Raises
    ------
    InputError
        If a token occurs twice or `UNKNOWN_TOKEN` is missing.

    Examples
    --------
    >>> from rnn_graph import Vocabulary
    >>> vocabulary = Vocabulary(["SENTENCE_START", "SENTENCE_END", "hello", "UNKNOWN_TOKEN"])
    >>> vocabulary.encode(["SENTENCE_START", "hello", "stranger"])
    array([0, 2, 3], dtype=int32)
    >>> vocabulary.decode([2, 3])
    ['hello', 'UNKNOWN_TOKEN']
    """

    def __init__(self, tokens: Iterable[str], splitting: Splitting | None = None):
        self.tokens: tuple[str, ...] = tuple(tokens)
        self.splitting = splitting
        self._ids = {token: i for i, token in enumerate(self.tokens)}
        if len(self._ids) != len(self.tokens):
            token, count = Counter(self.tokens).most_common(1)[0]
            raise InputError(
                f"vocabulary has {token!r} {count} times; every token may stand in it once"
            )
        if UNKNOWN_TOKEN not in self._ids:
            raise InputError(
                f"vocabulary of {len(self.tokens)} tokens lacks {UNKNOWN_TOKEN!r}; add it, as the"
                " last token if the file comes from the tutorial"
            )

    @classmethod
    def from_counts(
        cls,
        counts: Counter[str],
        size: int,
        *,
        required: Sequence[str] = (),
        splitting: Splitting | None = None,
    ) -> "Vocabulary":
        """Keep the `size - 1` most frequent tokens and `UNKNOWN_TOKEN` as the last id.

        Tokens of equal count keep the order in which `counts` met them first. Marks such as
        `<unk>` in the data are the unknown token, and no tokens of their own.

        Parameters
        ----------
        counts
            How often each token occurs (an `nltk.FreqDist` is one).
        size
            The number of ids, `UNKNOWN_TOKEN` included. With fewer types at hand the vocabulary
            is smaller.
        required
            Tokens that stay however rare they are (the sentence markers of a language model).
        splitting
            As for the class.

        Raises
        ------
        InputError
            If `size` is below 4.
        """
        if size < SMALLEST_SIZE:
            raise InputError(
                f"vocabulary size {size} is too small; give at least {SMALLEST_SIZE} (the two"
                " sentence markers, the unknown token, and a word)"
            )
        ranked = [token for token, _ in counts.most_common() if token not in UNKNOWN_MARKERS]
        kept = ranked[: size - 1]
        late = [token for token in required if token not in kept]
        return cls([*kept[: size - 1 - len(late)], *late, UNKNOWN_TOKEN], splitting)

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        return token in self._ids

    def __getitem__(self, token: str) -> int:
        """The id of `token`, or that of `UNKNOWN_TOKEN`."""
        return self._ids.get(token, self.unknown_id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.tokens == other.tokens

    def __hash__(self) -> int:
        return hash(self.tokens)

    def __repr__(self) -> str:
        return f"<Vocabulary of {len(self)} tokens>"

    def require_sentence_markers(self) -> None:
        """Raise `InputError` unless both sentence markers are here."""
        for marker in (SENTENCE_START, SENTENCE_END):
            if marker not in self:
                raise InputError(
                    f"the vocabulary has no {marker}, with which sentences begin or end; give the"
                    " vocabulary that the model was trained with"
                )

    @property
    def unknown_id(self) -> int:
        """The id of `UNKNOWN_TOKEN`."""
        return self._ids[UNKNOWN_TOKEN]

    def encode(self, tokens: Iterable[str]) -> np.ndarray:
        """Ids of tokens; that of `UNKNOWN_TOKEN` for those that are not known.

        Parameters
        ----------
        tokens
            Words or markers, T of them.

        Returns
        -------
        numpy.ndarray
            int32, (T,).
        """
        get, unknown = self._ids.get, self.unknown_id
        return np.fromiter((get(token, unknown) for token in tokens), dtype=np.int32)

    def decode(self, ids: Sequence[int] | np.ndarray) -> list[str]:
        """The tokens of ids.

        Parameters
        ----------
        ids : (T,)
            Numbers from 0 to the vocabulary's size - 1.

        Returns
        -------
        list of str
        """
        return [self.tokens[i] for i in ids]
