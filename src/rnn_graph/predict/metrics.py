"""How good a model is."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


def perplexity(loss: float) -> float:
    """exp(mean cross-entropy): 1 is perfect, V is guessing among V words alike.

    Parameters
    ----------
    loss
        Mean cross-entropy in nats a word.
    """
    return math.exp(loss) if loss < 700 else math.inf


class SmoothedLoss:
    """A running loss that new ones move by a thousandth: `l ← 0.999 l + 0.001 l_new`.

    Parameters
    ----------
    symbols, characters
        It begins with the loss of guessing so many characters among so many symbols,
        `characters · ln(symbols)` nats; the tutorial's names have seven.
    """

    def __init__(self, symbols: int, characters: float = 7):
        self.value = characters * math.log(symbols)

    def add(self, loss: float) -> float:
        """Take in a step's loss; the value after it."""
        self.value = 0.999 * self.value + 0.001 * loss
        return self.value


@dataclass(frozen=True)
class PhraseScore:
    """How well labels of the form B-type, I-type, O mark phrases; percentages from 0 to 100.

    Attributes
    ----------
    precision
        The share of the found phrases that are correct.
    recall
        The share of the true phrases that were found.
    f1
        The harmonic mean of the two.
    phrases, found, correct
        How many phrases there are, how many were found, and how many of these agree in type,
        start and end.
    """

    precision: float
    recall: float
    f1: float
    phrases: int
    found: int
    correct: int

    @classmethod
    def of_counts(cls, phrases: int, found: int, correct: int) -> "PhraseScore":
        precision, recall = _percentage(correct, found), _percentage(correct, phrases)
        f1 = _percentage(2 * correct, phrases + found)
        return cls(precision, recall, f1, phrases, found, correct)


@dataclass(frozen=True)
class TagScore:
    """Phrase scores over all types and for each, and the share of words with the right label.

    Attributes
    ----------
    overall : PhraseScore
    by_type : dict of str to PhraseScore
        In alphabetical order.
    accuracy
        Percentage of words.
    words
    """

    overall: PhraseScore
    by_type: dict[str, PhraseScore]
    accuracy: float
    words: int

    @property
    def criterion(self) -> float:
        """What training looks at, less is better: F1; without any phrase, the accuracy."""
        return -(self.overall.f1 if self.overall.phrases else self.accuracy)

    def as_dict(self) -> dict[str, Any]:
        """The overall figures, `accuracy` and `words`."""
        return asdict(self.overall) | {"accuracy": self.accuracy, "words": self.words}


def score_tags(truth: Iterable[Sequence[str]], guesses: Iterable[Sequence[str]]) -> TagScore:
    """Compare labels sentence by sentence, as the evaluation script of CoNLL-2000 counts.

    A phrase begins at B-, and also at I- after O or after a phrase of another type. Labels
    without a type other than O are outside of all phrases.

    E. Tjong Kim Sang, S. Buchholz, "Introduction to the CoNLL-2000 shared task: chunking" (2000).

    Parameters
    ----------
    truth, guesses
        Labels of each sentence.
    """
    from nltk.chunk.util import ChunkScore

    score = ChunkScore()
    words = right = 0
    for true_labels, guessed_labels in zip(truth, guesses, strict=True):
        score.score(_chunk_tree(true_labels), _chunk_tree(guessed_labels))
        words += len(true_labels)
        right += sum(t == g for t, g in zip(true_labels, guessed_labels, strict=True))
    true, found, missed = (
        Counter(chunk.label() for chunk in chunks)
        for chunks in (score.correct(), score.guessed(), score.missed())
    )
    correct = true - missed
    return TagScore(
        PhraseScore.of_counts(true.total(), found.total(), correct.total()),
        {
            kind: PhraseScore.of_counts(true[kind], found[kind], correct[kind])
            for kind in sorted(true | found)
        },
        _percentage(right, words),
        words,
    )


def phrases(labels: Sequence[str]) -> list[tuple[int, int, str]]:
    """(start, end, type) of each phrase of a sentence, as `score_tags` counts them.

    Examples
    --------
    >>> phrases(["O", "B-city", "I-city", "B-day", "I-city"])
    [(1, 3, 'city'), (3, 4, 'day'), (4, 5, 'city')]
    """
    chunks = [part for part in _chunk_tree(labels) if not isinstance(part, tuple)]
    return [(chunk[0][0], chunk[-1][0] + 1, chunk.label()) for chunk in chunks]


def _chunk_tree(labels: Sequence[str]):
    from nltk.chunk.util import conlltags2tree

    tags = [label if label.startswith(("B-", "I-")) else "O" for label in labels]
    return conlltags2tree([(i, "", tag) for i, tag in enumerate(tags)], chunk_types=None)


def _percentage(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def bracketed(words: Sequence[str], labels: Sequence[str]) -> str:
    """A sentence with its phrases in brackets.

    Examples
    --------
    >>> bracketed(["to", "new", "york", "today"], ["O", "B-city", "I-city", "O"])
    'to [new york city] today'
    """
    parts, place = [], 0
    for start, end, kind in phrases(labels):
        parts += [*words[place:start], f"[{' '.join(words[start:end])} {kind}]"]
        place = end
    return " ".join([*parts, *words[place:]])
