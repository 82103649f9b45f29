"""What files that are no models of this project are, by their first bytes."""

import zipfile
from pathlib import Path

BEGINNINGS = {
    b"\x89HDF\r\n\x1a\n": "an HDF5 file, as Keras writes models",
    b"\x93NUMPY": "a single NumPy array (.npy)",
    b"\x1f\x8b": "compressed by gzip",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"(\xb5/\xfd": "compressed by zstd",
    b"\x80": "a pickle, which could run code when read",
    b"(dp": "a pickle, which could run code when read",
    b"(lp": "a pickle, which could run code when read",
    b"\x08\x04": "an ONNX model",
    b"\x08\x07": "an ONNX model",
    b"\x08\x08": "an ONNX model",
    b"{": "JSON",
}
TORCH = "a file of PyTorch's with a pickle in it, which could run code when read"
# Archives, by how the name of a member ends.
MEMBERS = {
    "/data.pkl": TORCH,
    "model.weights.h5": "a model of Keras",
    "[Content_Types].xml": "an office document",
    ".csv": "an archive of CSV files",
    ".txt": "an archive of text files",
}
READ = 4096  # bytes that tell whether a file is text


def what_it_is(path: str | Path) -> str | None:
    """What a file is that holds no arrays, or None if its bytes do not tell.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with open(path, "rb") as stream:
        beginning = stream.read(READ)
        if beginning.startswith(b"PK\x03\x04"):
            return _archive(stream)
    if not beginning:
        return "empty"
    for start, said in BEGINNINGS.items():
        if beginning.startswith(start):
            return said
    return "text" if _is_text(beginning) else None


def _archive(stream) -> str | None:
    try:
        names = zipfile.ZipFile(stream).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    for end, said in MEMBERS.items():
        if any(name.endswith(end) for name in names):
            return said
    return None


def _is_text(beginning: bytes) -> bool:
    try:
        text = beginning.decode()
    except UnicodeDecodeError as error:
        if error.start < READ - 4:  # what is cut off at the end may be half a character
            return False
        text = beginning[: error.start].decode()
    return all(symbol.isprintable() or symbol.isspace() for symbol in text)
