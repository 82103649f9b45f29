"""Files as bytes: plain, compressed, or a zip archive of one file, told apart by how they begin."""

import bz2
import gzip
import io
import lzma
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rnn_graph.errors import InputError

STANDARD_INPUT = "-"
SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip")


class Compression(NamedTuple):
    """How a compressed file begins, and what reads it."""

    name: str
    magic: bytes
    open: Callable[[BinaryIO], BinaryIO]


@contextmanager
def open_binary(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file or standard input for reading; look through compression.

    Raises
    ------
    InputError
        If it cannot be read, is damaged, or is an archive of several files.
    """
    with _opened(path) as raw:
        compression = None
        try:
            start = raw.peek(LONGEST_MAGIC)
            compression = next((c for c in COMPRESSIONS if start.startswith(c.magic)), None)
            if compression is None:
                yield _no_archive(raw, path)
            else:
                with compression.open(raw) as content:
                    yield _no_archive(content, path)
        except DAMAGES as error:
            if compression is None or getattr(error, "errno", None):
                reason = getattr(error, "strerror", None) or error
                raise InputError(f"cannot read {path}: {reason}") from None
            raise InputError(
                f"{path} is a damaged {compression.name} file ({error}); make or download it again"
            ) from None


def content_name(path: str | Path) -> str:
    """A file's name in lower case, without the suffix of a compression, whose content it tells."""
    name = Path(path).name.lower()
    if name.endswith(".zip") and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return Path(_only_member(archive, path)).name.lower()
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


@contextmanager
def _opened(path: str | Path) -> Iterator[BinaryIO]:
    if str(path) == STANDARD_INPUT:
        if sys.stdin is None:
            raise InputError("standard input is closed; give a file with --data")
        yield sys.stdin.buffer
        return
    try:
        raw = open(path, "rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; check the path") from None
    with raw:
        yield raw


def _no_archive(content: BinaryIO, path: str | Path) -> BinaryIO:
    """The content, unless it is an archive of files."""
    start = content.peek(TAR_PLACE + len(TAR_MAGIC))
    if start[TAR_PLACE:].startswith(TAR_MAGIC):
        raise InputError(f"{path} is a tar archive; unpack it, and give one of its files")
    for magic, name in ARCHIVES.items():
        if start.startswith(magic):
            raise InputError(f"{path} is a {name} archive; unpack it, and give one of its files")
    return content


def _open_zip(raw: BinaryIO) -> BinaryIO:
    archive = zipfile.ZipFile(raw if raw.seekable() else io.BytesIO(raw.read()))
    member = _only_member(archive, getattr(raw, "name", "standard input"))
    try:
        return archive.open(member)
    except RuntimeError as error:  # it is encrypted, or compressed in a way of its own
        raise zipfile.BadZipFile(str(error)) from None


def _only_member(archive: zipfile.ZipFile, path) -> str:
    names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    files = [name for name in names if not name.endswith("/")]
    if len(files) != 1:
        shown = ", ".join(files[:3]) + (", …" if len(files) > 3 else "")
        raise InputError(
            f"{path} is a zip archive of {len(files)} files ({shown}); unpack it, and give one of"
            " them"
        )
    return files[0]


def _open_zstd(raw: BinaryIO) -> BinaryIO:
    try:
        from compression import zstd
    except ImportError:
        name = getattr(raw, "name", "standard input")
        raise InputError(
            f"{name} is compressed by zstd, which is read with Python 3.14 or later; unpack it"
            " (unzstd)"
        ) from None
    return io.BufferedReader(zstd.open(raw))


COMPRESSIONS = (
    Compression("gzip", b"\x1f\x8b", gzip.open),
    Compression("bzip2", b"BZh", bz2.open),
    Compression("xz", b"\xfd7zXZ\0", lzma.open),
    Compression("zip", b"PK\3\4", _open_zip),
    Compression("zstd", b"\x28\xb5\x2f\xfd", _open_zstd),
)
LONGEST_MAGIC = max(len(compression.magic) for compression in COMPRESSIONS)
ARCHIVES = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\7": "rar"}
TAR_PLACE, TAR_MAGIC = 257, b"ustar"
DAMAGES = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
