"""How a page reads text: the tokens of a model, how text is split, and where it begins and ends."""

from typing import Any

from rnn_graph.data.char_vocabulary import NEWLINE, CharVocabulary
from rnn_graph.data.padding import BEFORE_FIRST
from rnn_graph.data.splitting import Splitting
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, Vocabulary
from rnn_graph.errors import InputError


def codec_of(model) -> dict[str, Any]:
    """What `text.js` takes, as JSON has it.

    Of language models `start` is the id that is read first, or -1 for an input of zeros, and `end`
    what ends a sentence or a line, behind which `start` is read again: with the states there are if
    the model `carries` them on, or with the first ones. `forbidden` are never drawn.

    Raises
    ------
    InputError
        If the model has no vocabulary, or its words no markers of sentences.
    """
    vocabulary = model.vocabulary
    if vocabulary is None:
        raise InputError(
            "the model has no vocabulary, and a page is to read text; give it one in Python,"
            " load_model(path, vocabulary=Vocabulary(words)), and save it"
        )
    if isinstance(vocabulary, TagVocabulary):
        return _tagged(model, vocabulary)
    if isinstance(vocabulary, CharVocabulary):
        return _characters(model, vocabulary)
    return _words(model, vocabulary)


def _characters(model, vocabulary: CharVocabulary) -> dict[str, Any]:
    return {
        "unit": "character",
        "tokens": list(vocabulary.symbols),
        "lowercase": vocabulary.lowercase,
        "start": getattr(model, "start_id", BEFORE_FIRST),
        "end": vocabulary[NEWLINE] if vocabulary.unit == "line" else None,
        "carries": False,
        "forbidden": [],
    }


def _words(model, vocabulary: Vocabulary) -> dict[str, Any]:
    vocabulary.require_sentence_markers()
    start, unknown = vocabulary[SENTENCE_START], vocabulary.unknown_id
    return _split(vocabulary.splitting, vocabulary) | {
        "start": start,
        "end": vocabulary[SENTENCE_END],
        "carries": getattr(model.config, "context", "sentence") == "text",
        "forbidden": [unknown, start],
    }


def _tagged(model, vocabulary: TagVocabulary) -> dict[str, Any]:
    codec = _split(vocabulary.splitting, vocabulary.words)
    # Words stand on the page as they are written, and are looked up in lower case.
    codec |= {"lowercase": False, "plainLowercase": vocabulary.lowercase}
    codec["labels"] = list(vocabulary.labels)
    if spellings := getattr(model, "spellings", None):
        spelled = {"characters": list(spellings.characters), "longest": spellings.longest}
        codec["spellings"] = spelled
    return codec


def _split(splitting: Splitting | None, vocabulary: Vocabulary) -> dict[str, Any]:
    splitting = splitting or Splitting()
    return {
        "unit": "word",
        "tokens": list(vocabulary.tokens),
        "lowercase": splitting.lowercase,
        "tokenizer": splitting.tokenizer,
        "unknown": vocabulary.unknown_id,
    }
