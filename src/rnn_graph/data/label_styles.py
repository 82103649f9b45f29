"""Ways to write labels that mark the same phrases."""

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from rnn_graph.data.label_schemes import OUTSIDE, SCHEMES, prefix_and_type
from rnn_graph.data.phrases import PHRASE_PREFIXES, Phrase, phrases
from rnn_graph.errors import InputError, InputWarning

# Labels of the styles "city-B" and "B_city".
SUFFIXED = re.compile(r"(.+)[-_:]([BIESLU])")
OTHERWISE_PREFIXED = re.compile(r"([BIESLU])[_:](.+)")
NAMED_LABELS = 10  # of those that keep to no scheme


def plain_labels(
    sentences: Sequence[Sequence[str]], name: str, scheme: str | None
) -> list[tuple[str, ...]]:
    """The labels of each sentence in their usual style, or in the scheme that is asked for.

    An `InputWarning` tells of another style, and names the labels that keep to no scheme.
    """
    if scheme is not None and scheme not in SCHEMES:
        raise InputError(f"unknown scheme {scheme!r}; give one of {', '.join(SCHEMES)}")
    labels = list(map(tuple, sentences))
    usual = usual_style(labels)
    if usual is not None:
        pairs = zip(chain(*labels), chain(*usual), strict=True)
        written, read = min(pair for pair in pairs if OUTSIDE not in pair)
        warnings.warn(
            InputWarning(f"{name}: labels such as {written} are read as {read}"), stacklevel=3
        )
        labels = usual
    odd = Counter(without_scheme(labels))
    if odd:
        names = ", ".join(label for label, _ in odd.most_common(NAMED_LABELS))
        warnings.warn(
            InputWarning(
                f"{name}: {odd.total():,} words have labels that mark no phrase and are not O, and"
                f" count as phrases of a word: {names}"
            ),
            stacklevel=3,
        )
    return labels if scheme is None else [in_scheme(row, scheme) for row in labels]


def in_scheme(labels: Sequence[str], scheme: str) -> tuple[str, ...]:
    """The labels of a sentence as a scheme writes their phrases; other labels stay.

    Parameters
    ----------
    labels
        Of any scheme.
    scheme
        A name of `SCHEMES`.

    Examples
    --------
    >>> in_scheme(["B-city", "I-city", "O", "B-day"], "iobes")
    ('B-city', 'E-city', 'O', 'S-day')
    """
    written = list(labels)
    last: Phrase = (0, 0, "")
    for phrase in phrases(labels):
        start, end, kind = phrase
        touches = last[1] == start and last[2] == kind
        for place in range(start, end):
            prefix = SCHEMES[scheme].prefix(place == start, place == end - 1, touches=touches)
            written[place] = f"{prefix}-{kind}"
        last = phrase
    return tuple(written)


def usual_style(sentences: Iterable[Sequence[str]]) -> list[tuple[str, ...]] | None:
    """Labels of the styles "city-B", "B_city" and "B:city" as "B-city".

    Parameters
    ----------
    sentences
        Labels of each sentence.

    Returns
    -------
    list of tuple of str
        None if the labels, but for O, are not all of one of these styles, or are "B-city" already.
    """
    sentences = list(sentences)
    labels = {label for labels in sentences for label in labels} - {OUTSIDE}
    if not labels or any(prefix_and_type(label)[0] in PHRASE_PREFIXES for label in labels):
        return None
    for pattern, form in ((OTHERWISE_PREFIXED, r"\1-\2"), (SUFFIXED, r"\2-\1")):
        if all(map(pattern.fullmatch, labels)):
            usual = {label: pattern.sub(form, label) for label in labels} | {OUTSIDE: OUTSIDE}
            return [tuple(usual[label] for label in labels) for labels in sentences]
    return None


def without_scheme(sentences: Iterable[Sequence[str]]) -> list[str]:
    """Each word's label that is neither O nor marks a phrase, where others do mark phrases."""
    labels = [label for labels in sentences for label in labels]
    odd = [
        label
        for label in labels
        if label != OUTSIDE and prefix_and_type(label)[0] not in PHRASE_PREFIXES
    ]
    marking = len(labels) - labels.count(OUTSIDE) - len(odd)
    return odd if marking else []
