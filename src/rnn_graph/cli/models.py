"""Model files as the commands use them."""

from pathlib import Path

from rnn_graph.cli.console import log
from rnn_graph.cli.options import Computing, LabeledWords, Reading, plain
from rnn_graph.data.splitting import Splitting
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.text_files import read_documents
from rnn_graph.data.vocabulary import Vocabulary
from rnn_graph.errors import InputError
from rnn_graph.models.registry import load_model
from rnn_graph.predict.scoring import score_data
from rnn_graph.train.tagger import unseen_labels


def load(path: Path, computing: Computing, vocabulary_file: Path | None = None):
    """The model of a file, with all that it reads text with."""
    vocabulary = read_vocabulary(vocabulary_file) if vocabulary_file else None
    model = load_model(path, vocabulary=vocabulary, **computing.given())
    if model.vocabulary is None:
        raise InputError(
            f"{path} has no vocabulary; give its words with --vocabulary FILE, one a line"
            if hasattr(model, "word_dim")
            else f"{path} has numbers alone, and no vocabulary to read text with; give a file that"
            " `rnn-graph train` wrote"
        )
    return model


def load_tagger(path: Path, computing: Computing):
    """The tagger of a file."""
    model = load(path, computing)
    if not isinstance(model.vocabulary, TagVocabulary):
        raise InputError(
            f"{path} holds a {type(model).__name__}, no tagger; give a file that `rnn-graph train"
            " tagger` wrote"
        )
    return model


def load_language_model(path: Path, computing: Computing, vocabulary_file: Path | None = None):
    """The language model of a file."""
    model = load(path, computing, vocabulary_file)
    if isinstance(model.vocabulary, TagVocabulary):
        raise InputError(
            f"{path} holds a {type(model).__name__}, a tagger; give a file that `rnn-graph train"
            " word` or `train char` wrote"
        )
    return model


def score(model, data: Path, reading: Reading, columns: LabeledWords, part: str, unknown: str):
    """The score of a model of any kind on a file."""
    decoding = {"encoding": reading.encoding, "errors": plain(reading.errors)}
    if isinstance(model.vocabulary, TagVocabulary):
        from rnn_graph.data.tagged_files import read_tagged_sentences
        from rnn_graph.predict.tagging import score_tagger

        sentences = read_tagged_sentences(
            data,
            file_format=plain(reading.file_format or "auto"),
            part=plain(part),
            **columns.given(),
            **decoding,
        )
        if said := unseen_labels(model.vocabulary, sentences):
            log(said)
        return score_tagger(model, sentences)
    return score_data(model, data, unknown=plain(unknown), **reading.given())


def warn_of_other_splitting(model, given: dict) -> None:
    """Say where text is to be split in another way than in training."""
    trained = getattr(model.vocabulary, "splitting", None)
    for name in ("pre_split", "tokenizer", "column"):
        if trained is not None and name in given and given[name] != getattr(trained, name):
            option = name.replace("_", "-")
            log(
                f"rnn-graph: warning: --{option} is {given[name]!r}, and the model was trained with"
                f" {getattr(trained, name)!r}"
            )


def read_vocabulary(path: Path) -> Vocabulary:
    """A vocabulary from a text file: a word a line, in order of ids."""
    words = [line.rstrip("\r\n") for line in read_documents(path, file_format="text")]
    return Vocabulary(words, splitting=Splitting())
