"""How good a model is."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from rnn_graph.data.label_schemes import prefix_and_type

# Prefixes of labels, of the schemes BIO, IOBES and BILOU: of words in phrases, of words that begin
# one whatever was before, and of words that end one.
PHRASE_PREFIXES = ("B", "I", "E", "S", "L", "U")
OPENING = ("B", "S", "U")
CLOSING = ("E", "S", "L", "U")


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
    """How well labels mark phrases, or one label's words; percentages from 0 to 100.

    Attributes
    ----------
    precision
        The share of the found phrases that are correct.
    recall
        The share of the true phrases that were found.
    f1
        The harmonic mean of the two.
    phrases, found, correct
        How many phrases there are (the support), how many were found, and how many of these agree
        in type, start and end.
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

    def with_support(self) -> dict[str, Any]:
        """Precision, recall, F1 and support."""
        figures = {name: getattr(self, name) for name in ("precision", "recall", "f1")}
        return figures | {"support": self.phrases}


@dataclass(frozen=True)
class TagScore:
    """Phrase scores over all types and for each, and the share of words with the right label.

    Attributes
    ----------
    overall : PhraseScore
        All phrases alike (micro average).
    by_type : dict of str to PhraseScore
        Of each type of phrase, in alphabetical order.
    by_label : dict of str to PhraseScore
        Of each label, whose words take the phrases' place, in alphabetical order.
    confusions : dict of (str, str) to int
        Words with a wrong label, by their true and their guessed label, the most frequent first.
    accuracy
        Percentage of words.
    words
    """

    overall: PhraseScore
    by_type: dict[str, PhraseScore]
    by_label: dict[str, PhraseScore]
    confusions: dict[tuple[str, str], int]
    accuracy: float
    words: int

    @property
    def criterion(self) -> float:
        """What training looks at, less is better: F1; without any phrase, the accuracy."""
        return -(self.overall.f1 if self.overall.phrases else self.accuracy)

    @property
    def parts(self) -> dict[str, PhraseScore]:
        """The scores of each type of phrase; of each label if no label marks a phrase."""
        return self.by_type or self.by_label

    @property
    def macro(self) -> dict[str, float]:
        """The means of precision, recall and F1 over `parts`."""
        return {
            name: fmean([getattr(part, name) for part in self.parts.values()] or [0.0])
            for name in ("precision", "recall", "f1")
        }

    def as_dict(self) -> dict[str, Any]:
        """The overall figures, `accuracy` and `words`."""
        return asdict(self.overall) | {"accuracy": self.accuracy, "words": self.words}

    def details(self) -> dict[str, Any]:
        """The macro average, the scores of each part, and the confusions, as JSON has them."""
        return {
            "macro": self.macro,
            "by_type": {name: part.with_support() for name, part in self.by_type.items()},
            "by_label": {name: part.with_support() for name, part in self.by_label.items()},
            "confusions": [
                {"truth": truth, "guess": guess, "words": count}
                for (truth, guess), count in self.confusions.items()
            ],
        }


def score_tags(truth: Iterable[Sequence[str]], guesses: Iterable[Sequence[str]]) -> TagScore:
    """Compare labels sentence by sentence, as the evaluation script of CoNLL-2000 counts.

    What a phrase is says `phrases`. Labels without a type other than O are outside of all phrases.

    E. Tjong Kim Sang, S. Buchholz, "Introduction to the CoNLL-2000 shared task: chunking" (2000).

    Parameters
    ----------
    truth, guesses
        Labels of each sentence.
    """
    true, found, correct = Counter[str](), Counter[str](), Counter[str]()
    pairs = Counter[tuple[str, str]]()
    for true_labels, guessed_labels in zip(truth, guesses, strict=True):
        pairs.update(zip(true_labels, guessed_labels, strict=True))
        there, guessed = phrases(true_labels), phrases(guessed_labels)
        true.update(kind for *_, kind in there)
        found.update(kind for *_, kind in guessed)
        correct.update(kind for *_, kind in set(there) & set(guessed))
    words_true, words_found = Counter[str](), Counter[str]()
    for (label, guess), count in pairs.items():
        words_true[label] += count
        words_found[guess] += count
    words_right = Counter(
        {label: count for (label, guess), count in pairs.items() if label == guess}
    )
    wrong = [(pair, count) for pair, count in pairs.items() if pair[0] != pair[1]]
    return TagScore(
        overall=PhraseScore.of_counts(true.total(), found.total(), correct.total()),
        by_type=_scores(true, found, correct),
        by_label=_scores(words_true, words_found, words_right),
        confusions=dict(sorted(wrong, key=lambda item: (-item[1], item[0]))),
        accuracy=_percentage(words_right.total(), pairs.total()),
        words=pairs.total(),
    )


def _scores(true: Counter, found: Counter, correct: Counter) -> dict[str, PhraseScore]:
    return {
        kind: PhraseScore.of_counts(true[kind], found[kind], correct[kind])
        for kind in sorted(true | found)
    }


def phrases(labels: Sequence[str]) -> list[tuple[int, int, str]]:
    """(start, end, type) of each phrase of a sentence.

    A phrase begins at B-, S- or U-, and at any other of these prefixes after O, after a phrase of
    another type, or after one that has ended. It ends after S-, U-, E- or L-, and before the next
    one or O.

    Examples
    --------
    >>> phrases(["O", "B-city", "I-city", "B-day", "I-city"])
    [(1, 3, 'city'), (3, 4, 'day'), (4, 5, 'city')]
    >>> phrases(["B-city", "E-city", "S-day", "I-day", "O"])
    [(0, 2, 'city'), (2, 3, 'day'), (3, 4, 'day')]
    """
    found: list[tuple[int, int, str]] = []
    is_open = False
    for place, label in enumerate(labels):
        prefix, kind = prefix_and_type(label)
        if prefix not in PHRASE_PREFIXES:
            is_open = False
            continue
        if is_open and prefix not in OPENING and found[-1][2] == kind:
            found[-1] = (found[-1][0], place + 1, kind)
        else:
            found.append((place, place + 1, kind))
        is_open = prefix not in CLOSING
    return found


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
