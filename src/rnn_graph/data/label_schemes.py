"""Schemes by which labels mark phrases, and the transitions that each of them rules out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

OUTSIDE = "O"
NO_SCHEME = "none"
# What a label is called by in `Scheme.allowed` where there is none: before and behind a sentence.
EDGE = ""


@dataclass(frozen=True)
class Scheme:
    """A way to write phrases as labels `prefix-type` of single words, and O.

    Attributes
    ----------
    prefixes
        What labels begin with.
    within
        Pairs of prefixes that may follow each other within a type, which may be inside of one
        phrase.
    openings
        Prefixes that may follow O, a phrase of another type, or nothing.
    closings
        Prefixes that O, a phrase of another type, or nothing may follow.
    """

    prefixes: str
    within: frozenset[str]
    openings: str
    closings: str

    def allows(self, before: str, after: str) -> bool:
        """Whether a label may follow another one; "" stands for the edge of a sentence."""
        first, second = prefix_and_type(before), prefix_and_type(after)
        if first[0] and second[0] and first[1] == second[1]:
            return first[0] + second[0] in self.within
        return (not first[0] or first[0] in self.closings) and (
            not second[0] or second[0] in self.openings
        )

    def prefix(self, is_first: bool, is_last: bool, *, touches: bool) -> str:
        """The prefix of a phrase's word; `touches` if a phrase of its type ends before it."""
        if is_first and is_last and len(self.prefixes) > 2:
            return self.openings[-1]
        if is_last and not is_first:
            return self.closings[0] if len(self.prefixes) > 2 else "I"
        return "B" if is_first and (touches or "B" in self.openings) else "I"

    def has(self, label: str) -> bool:
        """Whether a label is written in this scheme."""
        return label == OUTSIDE or prefix_and_type(label)[0] in tuple(self.prefixes)


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text.split())


# From the strictest to the loosest: what keeps to two of them is taken for the first.
SCHEMES = {
    "iobes": Scheme("BIES", _pairs("BI BE II IE EB ES SB SS"), openings="BS", closings="ES"),
    "bilou": Scheme("BILU", _pairs("BI BL II IL LB LU UB UU"), openings="BU", closings="LU"),
    "bio": Scheme("BI", _pairs("BI BB II IB"), openings="B", closings="BI"),
    "iob1": Scheme("BI", _pairs("BI BB II IB"), openings="I", closings="BI"),
}


def scheme_of(sentences: Iterable[Sequence[str]]) -> str:
    """The scheme that the labels of all sentences keep to.

    Parameters
    ----------
    sentences
        Labels of each sentence.

    Returns
    -------
    str
        A name of `SCHEMES`; "none" if they keep to none, or no label marks a phrase.

    Examples
    --------
    >>> scheme_of([["O", "B-city", "I-city"]]), scheme_of([["O", "I-city"], ["I-city", "B-city"]])
    ('bio', 'iob1')
    >>> scheme_of([["O", "S-city"], ["I-city", "O"]]), scheme_of([["DET", "NOUN"]])
    ('none', 'none')
    """
    pairs = {pair for labels in sentences for pair in pairwise([EDGE, *labels, EDGE]) if any(pair)}
    labels = {label for pair in pairs for label in pair} - {EDGE}
    if labels <= {OUTSIDE}:
        return NO_SCHEME
    for name, scheme in SCHEMES.items():
        if all(map(scheme.has, labels)) and all(scheme.allows(*pair) for pair in pairs):
            return name
    return NO_SCHEME


def forbidden_transitions(
    labels: Sequence[str], scheme: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """What a scheme rules out: transitions from the row's label to the column's, starts, ends.

    Parameters
    ----------
    labels
        In the order of their ids.
    scheme
        A name of `SCHEMES`, or "none".

    Returns
    -------
    boolean arrays [labels, labels], [labels], [labels]
        As `rnn_graph.nn.CRF` takes them; None if nothing is ruled out.
    """
    if scheme == NO_SCHEME:
        return None
    allows = SCHEMES[scheme].allows
    transitions = [[not allows(before, after) for after in labels] for before in labels]
    starts = [not allows(EDGE, label) for label in labels]
    ends = [not allows(label, EDGE) for label in labels]
    return np.array(transitions), np.array(starts), np.array(ends)


def prefix_and_type(label: str) -> tuple[str, str]:
    """What stands before a label's first dash, and behind it; "" twice if it has no type.

    Examples
    --------
    >>> prefix_and_type("B-from-city"), prefix_and_type("O"), prefix_and_type("B-")
    (('B', 'from-city'), ('', ''), ('', ''))
    """
    prefix, _, kind = label.partition("-")
    return (prefix, kind) if kind else ("", "")
