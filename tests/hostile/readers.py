"""Every format that is read, with a small file of it and what reads it."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnn_graph.benchmark.report.results import FORMAT, read_results
from rnn_graph.cli.models import read_vocabulary
from rnn_graph.data.characters import read_lines
from rnn_graph.data.corpus import read_language_corpus
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.tagged_files import read_predictions, read_tagged_sentences
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.data.text_files import read_documents
from rnn_graph.data.token_store import open_store, store_words
from rnn_graph.data.word_vectors import read_word_vectors
from rnn_graph.files.tensor_file import read_arrays, write_tensor_file
from rnn_graph.models.registry import load_model
from rnn_graph.train.checkpoints import Checkpoint, checkpoint_as_bytes, read_checkpoint
from rnn_graph.train.history import read_history
from rnn_graph.train.observer import Record
from rnn_graph.train.search import HEADER, Journal
from rnn_graph.train.trainer import Position

JSON_MEMBERS = ("configuration.npy", "vocabulary.npy")
MODELS = Path(__file__).parent.parent / "files_of_0_1"
TEXT = "The cat sat on the <unk>.\nÜber uns, sagt er: nichts.\n\n" * 3
COLUMNS = "# text = x\nEU NNP B-ORG\nrejects VBZ O\n\nPeter NNP B-PER\nLee NNP I-PER\n" * 3
CSV = 'Sentence #,Word,POS,Tag\n1,"EU",NNP,B-ORG\n,"says, so",VB,O\n2,He,PRP,O\n' * 2
CONLLU = "# newdoc\n1-2\tam\t_\t_\t_\t_\t_\t_\t_\t_\n" + "".join(
    f"{k}\tw{k}\tl\tNOUN\tNN\t_\t0\troot\t_\t_\n" for k in (1, 2)
)


class Reader(NamedTuple):
    """A format, or a part of one.

    Attributes
    ----------
    name
        Of a file.
    content
        Bytes that are changed.
    read
        Reads a file.
    whole
        The bytes of a file with such content, where that is only a part of it: the checksums of an
        archive hold, and what is within is damaged.
    """

    name: str
    content: bytes
    read: Callable[[Path], Any]
    whole: Callable[[bytes], bytes] = bytes


def _zipped(data: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("data.txt", data)
    return archive.getvalue()


def _compressed_model(method: int) -> bytes:
    archive = io.BytesIO()
    with (
        zipfile.ZipFile(MODELS / "language-model-words.npz") as source,
        zipfile.ZipFile(archive, "w", method) as target,
    ):
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return archive.getvalue()


def _members(model: str, read: Callable[[Path], Any]) -> list[Reader]:
    """Each part of a model file in turn."""
    with zipfile.ZipFile(MODELS / model) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}

    def with_part(changed: str, data: bytes) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as target:
            for name, content in parts.items():
                target.writestr(name, data if name == changed else content)
        return stream.getvalue()

    found = []
    for name, content in parts.items():
        if name in JSON_MEMBERS:
            text = np.load(io.BytesIO(content)).tobytes()
            whole = partial(_as_array, with_part=partial(with_part, name))
            found.append(Reader(f"{name}-of-{model}", text, read, whole))
        elif name == next(iter(parts)):
            found.append(Reader(f"{name}-of-{model}", content, read, partial(with_part, name)))
    return found


def _as_array(text: bytes, with_part: Callable[[bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.frombuffer(text, dtype=np.uint8))
    return with_part(stream.getvalue())


def _safetensors(folder: Path) -> bytes:
    path = folder / "model.safetensors"
    write_tensor_file(path, "safetensors", read_arrays(MODELS / "language-model-words.npz"))
    return path.read_bytes()


def _checkpoint() -> bytes:
    values = {"position": asdict(Position(epoch=1, steps=9)), "history": [_record().as_dict()]}
    arrays = {"W": np.arange(6.0).reshape(2, 3), "best_W": np.ones((2, 3), dtype="float32")}
    return checkpoint_as_bytes(Checkpoint(arrays, values, {"hidden_dim": 3}, False))


def _record() -> Record:
    return Record(9, 1.0, 99, 0.5, 198.0, 0.01, 2.5, 2.4, held_out={"loss": 2.6})


def _results() -> bytes:
    environment = {"date": "d", "commit": None, "machine": "m", "processor": "p", "cores": 2}
    environment |= {"threads": 2, "memory_gb": 1.5, "system": "s", "gpu": None, "versions": {}}
    workload = {"name": "w", "title": "t", "sizes": {"V": 8}, "unit": "step", "rounds": 3}
    workload |= {"reference": None, "ours": None, "contenders": [], "growth": []}
    return json.dumps(
        {"format": FORMAT, "environment": environment, "workloads": [workload]}
    ).encode()


def _journal() -> bytes:
    settings = {"cell": "gru", "hidden_dim": 50, "embedding_dim": 50, "window": 3}
    settings |= {"batch_size": 8, "dropout": 0.2, "embedding_dropout": 0.2, "learning_rate": 0.001}
    lines = [HEADER, {"settings": settings, "score": 91.5}, {"settings": settings, "score": 90}]
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def _pickle(protocol: int) -> bytes:
    part = ([[0, 1, 2]], [[0, 0, 0]], [[1, 0, 1]])
    dictionaries = {
        "words2idx": {"show": 0, "to": 1, "boston": 2},
        "labels2idx": {"O": 0, "B-city": 1},
        "tables2idx": {"NOTABLE": 0},
    }
    arrays = tuple([np.array(row, dtype=np.int32) for row in rows] for rows in part)
    return pickle.dumps((arrays, arrays, dictionaries), protocol=protocol)


def _read_store(path: Path) -> Any:
    """The description may have changed as well as the numbers: both stand in one file here."""
    data = path.read_bytes()
    cut = data.find(b"{")
    path.write_bytes(data[: max(cut, 0)])
    path.with_name(f"{path.name}.json").write_bytes(data[max(cut, 0) :])
    return open_store(path)


def _store(folder: Path) -> bytes:
    path = folder / "tokens"
    store_words(path, [["a", "b", "a"], ["c"]], {"from": "here"})
    return path.read_bytes() + path.with_name("tokens.json").read_bytes()


def readers(folder: Path) -> list[Reader]:
    """All formats; what has to be written first is written into a folder."""
    text = TEXT.encode()
    vocabulary = TagVocabulary.of([TaggedSentence(("boston", "to"), ("B-city", "O"))])
    vectors = "".join(f"{word} 0.5 -1.25e-3 7\n" for word in ("boston", "to", "on")).encode()
    models = [Reader(path.name, path.read_bytes(), load_model) for path in MODELS.glob("*.npz")]
    return [
        *models,
        *chain(*(_members(path.name, load_model) for path in MODELS.glob("*.npz"))),
        Reader("deflated.npz", _compressed_model(zipfile.ZIP_DEFLATED), load_model),
        Reader("bzip2.npz", _compressed_model(zipfile.ZIP_BZIP2), load_model),
        Reader("lzma.npz", _compressed_model(zipfile.ZIP_LZMA), load_model),
        Reader("model.safetensors", _safetensors(folder), load_model),
        Reader("arrays.safetensors", _safetensors(folder), read_arrays),
        Reader("step-000000009.npz", _checkpoint(), read_checkpoint),
        Reader("tokens", _store(folder), _read_store),
        Reader("history.jsonl", f"{json.dumps(_record().as_dict())}\n".encode() * 3, read_history),
        Reader("results.json", _results(), read_results),
        Reader("search.jsonl", _journal(), Journal),
        Reader("words.txt", text, _read_text),
        Reader("utf-16.txt", TEXT.encode("utf-16"), _read_utf_16),
        Reader("words.csv", b'id,body\n1,"a, b"\n2,c\n' * 4, _read_text),
        Reader("words.txt.gz", gzip.compress(text), _read_text),
        Reader("words.txt.bz2", bz2.compress(text), _read_text),
        Reader("words.txt.xz", lzma.compress(text), _read_text),
        Reader("words.txt.zip", _zipped(text), _read_text),
        Reader("corpus.txt", text, lambda path: read_language_corpus(path, held_out=0.2)),
        Reader("characters.txt", text, lambda path: read_language_corpus(path, unit="text")),
        Reader("lines.txt", text, read_lines),
        Reader("vocabulary.txt", b"a\nb\nUNKNOWN_TOKEN\n", read_vocabulary),
        Reader("vectors.txt", b"3 3\n" + vectors, lambda path: read_word_vectors(path, vocabulary)),
        Reader("words.conll", COLUMNS.encode(), read_tagged_sentences),
        Reader("words.conllu", CONLLU.encode(), read_tagged_sentences),
        Reader("tagged.csv", CSV.encode(), read_tagged_sentences),
        Reader(
            "lists.csv",
            b"tokens,tags\n\"['a', 'b']\",\"['O', 'B-x']\"\n" * 3,
            read_tagged_sentences,
        ),
        Reader("slots.iob", b"BOS to boston EOS\tO O B-city intent\n" * 3, read_tagged_sentences),
        Reader("brown.txt", b"The/DT dog/NN\nruns/VB ./.\n" * 3, read_tagged_sentences),
        Reader("guesses.txt", b"to O O\nboston B-city O\n\n" * 3, read_predictions),
        *(Reader(f"atis.{p}.pkl", _pickle(p), read_tagged_sentences) for p in (0, 2, 4)),
    ]


def _read_text(path: Path) -> list[str]:
    return list(read_documents(path))


def _read_utf_16(path: Path) -> list[str]:
    return list(read_documents(path, encoding="utf-16"))
