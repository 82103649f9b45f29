"""Model files as the commands use them."""

from pathlib import Path

from rnn_graph.cli.console import log
from rnn_graph.cli.options import AnyReading, Computing, LabeledWords, UnknownName, plain
from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.data.label_styles import in_scheme, scheme_by_prefixes
from rnn_graph.data.splitting import Splitting
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.tagged_files import has_parts, read_tagged_sentences
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


def score(
    model,
    data: Path,
    reading: AnyReading,
    columns: LabeledWords,
    part: str | None,
    unknown: UnknownName,
):
    """The score of a model of any kind on a file."""
    _refuse_what_has_no_meaning(model, reading, columns, unknown)
    if part is not None and not has_parts(data):
        raise InputError(f"{data} has no parts, as an ATIS pickle has; leave out --part")
    decoding = {"encoding": reading.encoding, "errors": plain(reading.errors)}
    if isinstance(model.vocabulary, TagVocabulary):
        from rnn_graph.predict.tagging import score_tagger

        sentences = read_tagged_sentences(
            data,
            file_format=plain(reading.file_format or "auto"),
            part=plain(part or "test"),
            delimiter=reading.delimiter,
            **columns.given(),
            **decoding,
        )
        if columns.scheme is None:
            sentences = _in_scheme_of(model, sentences, data)
        if said := unseen_labels(model.vocabulary, sentences):
            log(said)
        return score_tagger(model, sentences)
    return score_data(model, data, unknown=plain(unknown), **reading.given())


def _refuse_what_has_no_meaning(
    model, reading: AnyReading, columns: LabeledWords, unknown: UnknownName
) -> None:
    """Refuse options that say nothing to a model of this kind."""
    is_tagger = isinstance(model.vocabulary, TagVocabulary)
    of_words = {name: getattr(reading, name) for name in ("pre_split", "tokenizer")}
    if is_tagger:
        of_words["column"] = reading.column
        of_words["unknown"] = None if unknown == UnknownName.SKIP else unknown
        unfit, models = of_words, "language models of words"
    else:
        unfit, models = dict(columns.given()), "taggers"
        if isinstance(model.vocabulary, CharVocabulary):
            unfit, models = unfit | of_words, "models of words"
    for name, value in unfit.items():
        if value is not None:
            raise InputError(f"--{name.replace('_', '-')} is for {models}; leave it out")


def _in_scheme_of(model, sentences, data: Path):
    """Sentences whose labels are in another scheme than the model's, in the model's."""
    wanted = scheme_by_prefixes(model.vocabulary.labels)
    found = scheme_by_prefixes(label for sentence in sentences for label in sentence.labels)
    if None in (wanted, found) or wanted == found:
        return sentences
    log(f"{data}: labels are rewritten from {found} in {wanted}, as the model has them")
    return [s._replace(labels=in_scheme(s.labels, wanted)) for s in sentences]


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
