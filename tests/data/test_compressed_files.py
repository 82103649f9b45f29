"""Every reader reads through every compression, or says what a file is."""

import bz2
import gzip
import io
import lzma
import subprocess
import sys
import tarfile
import zipfile
from functools import partial

import pytest

from rnn_graph.data import compressed_files, text_files
from rnn_graph.data.characters import read_text
from rnn_graph.data.compressed_files import content_name, open_binary
from rnn_graph.data.tagged_files import read_tagged_sentences
from rnn_graph.data.text_files import read_documents
from rnn_graph.errors import InputError


def zipped(data, *names):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names or ("data",):
            file.writestr(name, data)
    return archive.getvalue()


def with_password(archive):
    """A zip archive whose only member says that it is encrypted, in both of its headers."""
    data, flags = bytearray(archive), 1
    data[6] |= flags
    data[archive.index(b"PK\1\2") + 8] |= flags
    return bytes(data)


def tarred(data):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as file:
        file.addfile(tarfile.TarInfo("a"), io.BytesIO(data))
    return archive.getvalue()


COMPRESSIONS = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".lzma": partial(lzma.compress, format=lzma.FORMAT_ALONE),
    ".zip": zipped,
}


class Pipe(io.BytesIO):
    def seekable(self):
        return False


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_every_reader_reads_it(tmp_path, monkeypatch, suffix):
    compress = COMPRESSIONS[suffix]

    def written(name, text):
        path = tmp_path / (name + suffix)
        path.write_bytes(compress(text.encode()))
        return path

    assert list(read_documents(written("a.txt", "über\nten\n"))) == ["über\n", "ten\n"]
    assert list(read_documents(written("without-a-name", "a\n"))) == ["a\n"]
    assert read_text(written("b.txt", "ab\n")) == ["ab\n"]
    tagged = [(("to",), ("O",))]
    assert read_tagged_sentences(written("c.conll", "to O\n")) == tagged
    if suffix != ".zip":  # its member has the name
        assert list(read_documents(written("d.csv", "id,body\n1,x\n"))) == ["x"]
        with pytest.raises(InputError, match="is CSV, and character models read plain text"):
            read_text(written("d.csv", "ab\n"))
    stream = io.TextIOWrapper(io.BufferedReader(Pipe(compress(b"to O\n"))))
    monkeypatch.setattr(sys, "stdin", stream)
    assert read_tagged_sentences("-") == tagged


def test_the_file_in_a_zip_archive_says_what_it_is(tmp_path):
    path = tmp_path / "reviews.zip"
    path.write_bytes(zipped("id,body\n1,x\n", "folder/Reviews.CSV", "__MACOSX/folder/._Reviews"))
    assert content_name(path) == "reviews.csv"
    assert list(read_documents(path)) == ["x"]


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zip"])
def test_a_damaged_file_is_said_to_be_one(tmp_path, suffix):
    data = COMPRESSIONS[suffix](bytes(range(256)) * 400)
    for damaged in (data[: len(data) // 2], data[:40] + bytes(20) + data[60:]):
        path = tmp_path / f"a.txt{suffix}"
        path.write_bytes(damaged)
        kind = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zip": "zip"}[suffix]
        with (
            pytest.raises(InputError, match=f"is a damaged {kind} file .*; make or download"),
            open_binary(path) as stream,
        ):
            stream.read()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zipped(b"x", "a.txt", "b.txt", "c/d.txt", "e"), "archive of 4 files .a.txt, b.txt, c"),
        (zipped(b"", "a/"), "zip archive of 0 files"),
        (tarred(b"x"), "is a tar archive; unpack it"),
        (gzip.compress(tarred(b"x")), "is a tar archive; unpack it"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(9), "is a 7z archive; unpack it"),
        (b"Rar!\x1a\x07\x01\x00" + bytes(9), "is a rar archive; unpack it"),
        (b"\x1f\x9d\x90" + bytes(9), "compressed by compress; unpack it"),
        (b"\x04\x22\x4d\x18" + bytes(9), "compressed by lz4; unpack it"),
        (gzip.compress(gzip.compress(b"x")), "holds a gzip file, compressed twice; unpack it once"),
        (zipped(bz2.compress(b"x"), "a.bz2"), "holds a bzip2 file, compressed twice"),
        (zipped(b"", "[Content_Types].xml", "word/document.xml"), "of an office program; save it"),
        (zipped(b"", "mimetype", "content.xml"), "of an office program; save it"),
        (zipped(b"", "E.npy", "U.npy"), "holds arrays of numbers"),
        (with_password(zipped(b"secret", "a.txt")), "is a zip archive with a password; unpack it"),
        (b"%PDF-1.4\n", "is a PDF document; give its text"),
        (b"PAR1" + bytes(9), "is a Parquet file"),
        (b"SQLite format 3\0" + bytes(9), "is an SQLite database"),
    ],
    # Not by the files' bytes, in which there are times.
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_what_is_no_text_is_named(tmp_path, data, message):
    path = tmp_path / "archive"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        list(read_documents(path))


def test_zstd_is_read_or_named(tmp_path):
    path = tmp_path / "a.txt.zst"
    if sys.version_info >= (3, 14):
        from compression import zstd

        path.write_bytes(zstd.compress(b"a\n"))
        assert list(read_documents(path)) == ["a\n"]
        return
    path.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    with pytest.raises(InputError, match=r"compressed by zstd, .* Python 3.14 or later; unpack"):
        list(read_documents(path))


def test_what_was_made_to_fill_a_disk_ends_at_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(compressed_files, "HARMLESS_SIZE", 2**20)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"a b\n" * 2**20))
    with pytest.raises(InputError, match="expands to more than 1,048,576 bytes, 200 times its"):
        list(read_documents(path))


def test_a_line_without_an_end_ends_at_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(text_files, "LONGEST_LINE", 100)
    path = tmp_path / "a.txt"
    path.write_text("short\n" + "a" * 100 + "\n")
    with pytest.raises(InputError, match="line 2: more than 100 bytes; is it text"):
        list(read_documents(path))
    path.write_text("short\n" + "a" * 99 + "\n")
    assert len(list(read_documents(path))) == 2


def test_a_pipe_of_the_shell_is_read(tmp_path):
    script = (
        "import sys; from rnn_graph.data.text_files import read_documents as read;"
        " print(*read(sys.argv[1]))"
    )
    command = f"{sys.executable} -c '{script}' <(echo to be)"
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert found.stdout == "to be\n\n"
