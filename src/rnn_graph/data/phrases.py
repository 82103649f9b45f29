"""Phrases that labels mark, as the schemes have them and as CoNLL-2000's script counts them."""

from collections.abc import Sequence

from rnn_graph.data.label_schemes import OUTSIDE, prefix_and_type

# Prefixes of labels, of the schemes BIO, IOBES and BILOU: of words in phrases, of words that begin
# one whatever was before, and of words that end one.
PHRASE_PREFIXES = ("B", "I", "E", "S", "L", "U")
OPENING = ("B", "S", "U")
CLOSING = ("E", "S", "L", "U")
# Prefixes of two words of one type between which CoNLL-2000's script ends a phrase.
SCRIPT_BOUNDARIES = ("BB", "IB", "EE", "EI")

Phrase = tuple[int, int, str]  # start, end, type


def phrases(labels: Sequence[str]) -> list[Phrase]:
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
    found: list[Phrase] = []
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


def script_phrases(labels: Sequence[str]) -> list[Phrase]:
    """(start, end, type) of each phrase as the evaluation script of CoNLL-2000 counts them.

    They are those of `phrases` in BIO and IOB1. Of IOBES and BILOU the script, which was made for
    the others, takes phrases of one type that touch each other for one, such as two S-.

    Examples
    --------
    >>> script_phrases(["S-city", "S-city", "O"]), phrases(["S-city", "S-city", "O"])
    ([(0, 2, 'city')], [(0, 1, 'city'), (1, 2, 'city')])
    """
    found: list[Phrase] = []
    before, kind_before = OUTSIDE, ""
    for place, label in enumerate(labels):
        prefix, kind = prefix_and_type(label)
        if prefix:
            if kind != kind_before or before + prefix in SCRIPT_BOUNDARIES:
                found.append((place, place + 1, kind))
            else:
                found[-1] = (found[-1][0], place + 1, kind)
        before, kind_before = prefix, kind
    return found
