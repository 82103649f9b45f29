"""Files as bytes: plain, compressed, or a zip archive of one file, told apart by how they begin."""

import bz2
import gzip
import io
import lzma
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rnn_graph.errors import InputError
from rnn_graph.files.special_files import refuse_devices

STANDARD_INPUT = "-"
SUFFIXES = (".gz", ".bz2", ".xz", ".lzma", ".zst", ".zip")


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
                yield _plain(raw, path)
            else:
                with compression.open(raw) as decompressed:
                    content = _bounded(decompressed, path, compression.name)
                    _refuse_twice_compressed(content.peek(LONGEST_MAGIC), path)
                    yield _plain(content, path)
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
    if name.endswith(".zip"):
        with suppress(OSError, *DAMAGES), zipfile.ZipFile(path) as archive:
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
    refuse_devices(path)
    try:
        raw = open(path, "rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; check the path") from None
    with raw:
        yield raw


class _Bounded(io.RawIOBase):
    """What a compressed file holds, unless that is more than any text shrinks to."""

    def __init__(self, content: BinaryIO, path: str | Path, kind: str, most: int):
        self._content, self._path, self._kind, self._most = content, path, kind, most
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        count = self._content.readinto(buffer)
        self._read += count
        if self._read > self._most:
            raise InputError(
                f"{self._path} expands to more than {self._most:,} bytes, {LARGEST_EXPANSION} times"
                f" its size, which no text does; unpack the {self._kind} file if it is one"
            )
        return count


def _bounded(content: BinaryIO, path: str | Path, kind: str) -> BinaryIO:
    try:
        size = Path(path).stat().st_size
    except OSError:  # standard input
        size = 0
    most = max(HARMLESS_SIZE, LARGEST_EXPANSION * size)
    return io.BufferedReader(_Bounded(content, path, kind, most))


def _refuse_twice_compressed(start: bytes, path: str | Path) -> None:
    again = next((c.name for c in COMPRESSIONS if start.startswith(c.magic)), None)
    if again is not None:
        raise InputError(f"{path} holds a {again} file, compressed twice; unpack it once")


def _plain(content: BinaryIO, path: str | Path) -> BinaryIO:
    """The content, unless it is an archive of files, is compressed still, or is no text."""
    start = content.peek(TAR_PLACE + len(TAR_MAGIC))
    if start[TAR_PLACE:].startswith(TAR_MAGIC):
        raise InputError(f"{path} is a tar archive; unpack it, and give one of its files")
    for magic, (name, remedy) in OTHERS.items():
        if start.startswith(magic):
            raise InputError(f"{path} is {name}; {remedy}")
    return content


def _open_zip(raw: BinaryIO) -> BinaryIO:
    archive = zipfile.ZipFile(raw if raw.seekable() else io.BytesIO(raw.read()))
    member = _only_member(archive, getattr(raw, "name", "standard input"))
    if archive.getinfo(member).flag_bits & ENCRYPTED:
        raise InputError(
            f"{getattr(raw, 'name', 'standard input')} is a zip archive with a password; unpack it"
        )
    try:
        return archive.open(member)
    except RuntimeError as error:  # compressed in a way of its own
        raise zipfile.BadZipFile(str(error)) from None


def _only_member(archive: zipfile.ZipFile, path) -> str:
    names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    files = [name for name in names if not name.endswith("/")]
    if "[Content_Types].xml" in files or files[:1] == ["mimetype"]:
        raise InputError(f"{path} is a document of an office program; save it as text or CSV")
    if files and all(name.endswith(".npy") for name in files):
        raise InputError(f"{path} holds arrays of numbers, such as a model's; give a text")
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
    Compression("lzma", b"]\0\0", lzma.open),
    Compression("zip", b"PK\3\4", _open_zip),
    Compression("zstd", b"\x28\xb5\x2f\xfd", _open_zstd),
)
LONGEST_MAGIC = max(len(compression.magic) for compression in COMPRESSIONS)
# Text shrinks to a tenth or so; what shrinks to less was made to fill a disk.
LARGEST_EXPANSION = 200
HARMLESS_SIZE = 2**30  # bytes
ENCRYPTED = 1  # in the flags of a zip archive's member
_UNPACK = "unpack it, and give one of its files"
# How other files begin: what they are, and what to do.
OTHERS = {
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", _UNPACK),
    b"Rar!\x1a\7": ("a rar archive", _UNPACK),
    b"\x1f\x9d": ("compressed by compress", "unpack it (uncompress)"),
    b"\x04\x22\x4d\x18": ("compressed by lz4", "unpack it (unlz4)"),
    b"%PDF-": ("a PDF document", "give its text (pdftotext)"),
    b"PAR1": ("a Parquet file", "write a column as text or CSV"),
    b"ARROW1": ("an Arrow file", "write a column as text or CSV"),
    b"SQLite format 3\0": ("an SQLite database", "write a column as text or CSV"),
}
TAR_PLACE, TAR_MAGIC = 257, b"ustar"
# A damaged file may ask for a method that there is not, or a memory that there is not.
DAMAGES = (
    *(EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile),
    *(NotImplementedError, MemoryError),
)
