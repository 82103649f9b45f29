"""How good a model is."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from rnn_graph.data.label_styles import without_scheme
from rnn_graph.data.phrases import Phrase, phrases, script_phrases


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
    script : PhraseScore or None
        `overall` as the evaluation script of CoNLL-2000 counts, where that is something else: of
        IOBES and BILOU it takes phrases of one type that touch each other for one.
    """

    overall: PhraseScore
    by_type: dict[str, PhraseScore]
    by_label: dict[str, PhraseScore]
    confusions: dict[tuple[str, str], int]
    accuracy: float
    words: int
    script: PhraseScore | None = None

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
        """The overall figures, `accuracy` and `words`; `conll2000`, if the script has others."""
        script = {} if self.script is None else {"conll2000": asdict(self.script)}
        return asdict(self.overall) | {"accuracy": self.accuracy, "words": self.words} | script

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
    """Compare labels sentence by sentence: phrases, and words.

    What a phrase is says `rnn_graph.data.phrases.phrases`; of BIO and IOB1, the evaluation script
    of CoNLL-2000 counts the same. Where some labels mark phrases, each word with a label that marks
    none and is not O counts as a phrase of its own; where none does, labels are no phrases.

    E. Tjong Kim Sang, S. Buchholz, "Introduction to the CoNLL-2000 shared task: chunking" (2000).

    Parameters
    ----------
    truth, guesses
        Labels of each sentence.
    """
    truth, guesses = list(truth), list(guesses)
    odd = {*without_scheme([*truth, *guesses])}
    true, found, correct = Counter[str](), Counter[str](), Counter[str]()
    by_script = Counter[str]()
    pairs = Counter[tuple[str, str]]()
    for true_labels, guessed_labels in zip(truth, guesses, strict=True):
        pairs.update(zip(true_labels, guessed_labels, strict=True))
        there, guessed = _phrases(true_labels, odd), _phrases(guessed_labels, odd)
        true.update(kind for *_, kind in there)
        found.update(kind for *_, kind in guessed)
        correct.update(kind for *_, kind in there & guessed)
        there, guessed = {*script_phrases(true_labels)}, {*script_phrases(guessed_labels)}
        by_script.update(phrases=len(there), found=len(guessed), correct=len(there & guessed))
    words_true, words_found = Counter[str](), Counter[str]()
    for (label, guess), count in pairs.items():
        words_true[label] += count
        words_found[guess] += count
    words_right = Counter(
        {label: count for (label, guess), count in pairs.items() if label == guess}
    )
    overall = PhraseScore.of_counts(true.total(), found.total(), correct.total())
    script = PhraseScore.of_counts(by_script["phrases"], by_script["found"], by_script["correct"])
    wrong = [(pair, count) for pair, count in pairs.items() if pair[0] != pair[1]]
    return TagScore(
        overall=overall,
        by_type=_scores(true, found, correct),
        by_label=_scores(words_true, words_found, words_right),
        confusions=dict(sorted(wrong, key=lambda item: (-item[1], item[0]))),
        accuracy=_percentage(words_right.total(), pairs.total()),
        words=pairs.total(),
        script=None if script == overall or not overall.phrases else script,
    )


def _phrases(labels: Sequence[str], odd: Collection[str]) -> set[Phrase]:
    """The phrases of a sentence, and its words with labels of no scheme."""
    alone = ((place, place + 1, label) for place, label in enumerate(labels) if label in odd)
    return {*phrases(labels), *alone}


def _scores(true: Counter, found: Counter, correct: Counter) -> dict[str, PhraseScore]:
    return {
        kind: PhraseScore.of_counts(true[kind], found[kind], correct[kind])
        for kind in sorted(true | found)
    }


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
