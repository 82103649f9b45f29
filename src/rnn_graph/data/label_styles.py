"""Ways to write labels that mark the same phrases."""

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from rnn_graph.data.label_schemes import OUTSIDE, SCHEMES, prefix_and_type
from rnn_graph.data.phrases import PHRASE_PREFIXES, Phrase, phrases
from rnn_graph.errors import InputError, InputWarning
from rnn_graph.names import OTHER_NAMES_OF_SCHEMES

# Labels of the styles "B_city", "b-city", and "M-city" of BMES; then of the styles "city-B", "B".
STYLES = (
    (re.compile(r"([BIESLUM])[-_:/.–](.+)", re.IGNORECASE), (1, 2)),
    (re.compile(r"(.+)[-_:/.–]([BIESLUM])", re.IGNORECASE), (2, 1)),
    (re.compile(r"([BIESLUM])()"), (1, 2)),
)
USUAL = re.compile(r"[BIESLU]-.+")
# What other styles have for O.
OTHER_OUTSIDES = ("o", "-", "_")
NAMELESS = "phrase"  # the type of labels that are a prefix alone
# CoNLL-2011's and -2012's phrases: "(PERSON*", "*", "*)", "(PERSON)".
BRACKETED = re.compile(r"(?:\(([^()*]+))?\*?(\)?)")
NAMED_LABELS = 10  # of those that keep to no scheme


def plain_labels(
    sentences: Sequence[Sequence[str]], name: str, scheme: str | None
) -> list[tuple[str, ...]]:
    """The labels of each sentence in their usual style, or in the scheme that is asked for.

    An `InputWarning` tells of another style, and names the labels that keep to no scheme.
    """
    if scheme is not None:
        scheme = OTHER_NAMES_OF_SCHEMES.get(scheme.lower(), scheme.lower())
    if scheme is not None and scheme not in SCHEMES:
        raise InputError(f"unknown scheme {scheme!r}; give one of {', '.join(SCHEMES)}")
    labels = list(map(tuple, sentences))
    usual = usual_style(labels)
    if usual is not None:
        pairs = zip(chain(*labels), chain(*usual), strict=True)
        written, read = min(
            (pair for pair in pairs if pair[0] != pair[1]),
            key=lambda pair: (pair[1] == OUTSIDE, pair),
        )
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
    if scheme is None:
        return labels
    if not any(map(phrases, labels)):
        warnings.warn(
            InputWarning(f"{name}: the labels mark no phrases, and --scheme {scheme} changes none"),
            stacklevel=3,
        )
    return [in_scheme(row, scheme) for row in labels]


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
    """Labels of the styles "city-B", "B_city", "b-city" and "B", of BMES and brackets as "B-city".

    Parameters
    ----------
    sentences
        Labels of each sentence.

    Returns
    -------
    list of tuple of str
        None if the labels, but for O, are not all of one of these styles, or are "B-city" already.

    Examples
    --------
    >>> usual_style([["city_B", "city_I", "O"]]), usual_style([["(GPE*", "*)", "*"]])
    ([('B-city', 'I-city', 'O')], [('B-GPE', 'I-GPE', 'O')])
    """
    sentences = list(sentences)
    labels = {label for labels in sentences for label in labels} - {OUTSIDE}
    if not labels or all(map(USUAL.fullmatch, labels)):
        return None
    if "*" in labels and all(map(BRACKETED.fullmatch, labels)):
        return list(map(_of_brackets, sentences))
    for pattern, (prefix, kind) in STYLES:
        found = {label: pattern.fullmatch(label) for label in labels - {*OTHER_OUTSIDES}}
        if found and all(found.values()):
            prefixes = "".join(match[prefix] for match in found.values())
            if not (prefixes.isupper() or prefixes.islower()):
                continue
            usual = {
                label: f"{match[prefix].upper().replace('M', 'I')}-{match[kind] or NAMELESS}"
                for label, match in found.items()
            }
            return [tuple(usual.get(label, OUTSIDE) for label in labels) for labels in sentences]
    return None


def _of_brackets(labels: Sequence[str]) -> tuple[str, ...]:
    """The innermost phrase of each word that brackets mark, as BIO."""
    read, kind = [], ""
    for label in labels:
        opened, closed = BRACKETED.fullmatch(label).groups()
        kind = opened or kind
        read.append(f"{'B' if opened else 'I'}-{kind}" if kind else OUTSIDE)
        kind = "" if closed else kind
    return tuple(read)


def scheme_by_prefixes(labels: Iterable[str]) -> str | None:
    """The scheme whose prefixes are among labels in any order; None if they mark no phrases."""
    prefixes = {prefix_and_type(label)[0] for label in labels} & {*PHRASE_PREFIXES}
    if prefixes & {*"ES"}:
        return "iobes"
    if prefixes & {*"LU"}:
        return "bilou"
    return "bio" if prefixes else None


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
