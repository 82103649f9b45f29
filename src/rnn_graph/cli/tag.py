"""`rnn-graph tag`: labels for the words of sentences."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options
from rnn_graph.errors import InputError

EXAMPLE = 'Example: rnn-graph tag tagger.npz "flights from boston to denver on monday"'


def tag(
    *,
    model: Annotated[Path, typer.Argument(help="A tagger's model file.")],
    sentences: Annotated[
        list[str] | None,
        typer.Argument(help="Sentences; from standard input, one a line, if none is given."),
    ] = None,
    pre_split: Annotated[
        bool, typer.Option("--pre-split", help="Words are already separated by blanks.")
    ] = False,
    decoding: options.Decoding,
    computing: options.Computing,
    as_json: options.Json = False,
) -> None:
    """Print a label for each word: `word label` lines, a blank line after each sentence.

    On a terminal, the phrases stand out in color instead.
    """
    from rnn_graph.cli.console import log, print_json, print_spans
    from rnn_graph.cli.models import load_tagger
    from rnn_graph.data.mistaken_files import have_labels
    from rnn_graph.data.splitting import Splitting
    from rnn_graph.files.provenance import signature
    from rnn_graph.predict.tagging import tag_sentences

    loaded = load_tagger(model, computing)
    lines = sentences or _lines_of_standard_input(decoding)
    if not sentences and have_labels(lines):
        raise InputError(
            "standard input has words with labels, a word a line; give sentences, one a line, or"
            " score such a file with `rnn-graph evaluate`"
        )
    for line in lines:
        if any("\ud800" <= symbol <= "\udfff" for symbol in line):
            raise InputError(
                f"the sentence {line!a} is not UTF-8; give it on standard input, with --encoding"
            )
    splitting = replace(loaded.vocabulary.splitting or Splitting(), lowercase=False)
    if pre_split:
        splitting = replace(splitting, tokenizer="whitespace")
    split = [(splitting.words(line), line) for line in lines]
    full = [(words, line) for words, line in split if words]
    if len(full) < len(split):
        log(f"left out the sentences without words, {len(split) - len(full)}")
    written = [splitting.as_written(words, line) for words, line in full]
    tagged = list(zip(written, tag_sentences(loaded, [w for w, _ in full]), strict=True))
    if as_json:
        results = [{"words": words, "labels": labels} for words, labels in tagged]
        print_json({"sentences": results, "signature": signature(loaded)})
    elif sys.stdout.isatty():
        for words, labels in tagged:
            print_spans(words, labels)
    else:
        for words, labels in tagged:
            for word, label in zip(words, labels, strict=True):
                print(word, label)
            print()


def _lines_of_standard_input(decoding: options.Decoding) -> list[str]:
    from rnn_graph.data.compressed_files import STANDARD_INPUT, open_binary
    from rnn_graph.data.text_files import decoded_lines

    with open_binary(STANDARD_INPUT) as stream:
        lines = decoded_lines(stream, "standard input", decoding.encoding, str(decoding.errors))
        return list(lines)
