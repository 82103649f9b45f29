"""Download the original data sets: checked by sha256, resumed where cut, kept in a cache."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rnn_graph.errors import InputError
from rnn_graph.files.atomic import locked

Progress = Callable[[int, int | None], None]

TIMEOUT = (10.0, 30.0)  # seconds to connect, and between two pieces of an answer
LARGEST_DOWNLOAD = 2**30  # bytes, of a file whose size is not known
CHUNK = 1 << 14  # bytes; less than this is lost where a download is cut


@dataclass(frozen=True)
class Original:
    """A published file, known by its sha256.

    Parameters
    ----------
    name : str
        The name for `fetch`.
    url : str
        The address where it is published.
    file_name : str
        Its name in the cache folder.
    sha256 : str
        Lower-case hexadecimal digest of its content.
    size : int or None
        Its length in bytes, None if it is not known.
    description : str
        Its content, in one line.
    license : str
        The terms under which it is published, or its owner.

    Examples
    --------
    >>> from rnn_graph.datasets import ORIGINALS
    >>> for original in ORIGINALS.values():
    ...     print(f"{original.name}: {original.size:,} bytes")
    reddit-comments: 7,610,868 bytes
    wildml-model: 3,210,520 bytes
    tiny-shakespeare: 1,115,394 bytes
    time-machine: 178,979 bytes
    """

    name: str
    url: str
    file_name: str
    sha256: str
    size: int | None
    description: str
    license: str


_WILDML = "https://raw.githubusercontent.com/dennybritz/rnn-tutorial-rnnlm/master/data/"

ORIGINALS = {
    original.name: original
    for original in (
        Original(
            name="reddit-comments",
            url=_WILDML + "reddit-comments-2015-08.csv",
            file_name="reddit-comments-2015-08.csv",
            sha256="0bfd7e4252d802f707eb33e7016e4bf93c95c4c00ad1fafa1472d144ad75c107",
            size=7_610_868,
            description="Reddit comments of August 2015, the corpus of the WildML RNN tutorial",
            license="each comment belongs to its author; published with an Apache-2.0 repository",
        ),
        Original(
            name="wildml-model",
            url=_WILDML + "trained-model-theano.npz",
            file_name="trained-model-theano.npz",
            sha256="4c6fd11e93d1ac009878b9c40e8fa5eba36f704352725ce96cc91368271ccd99",
            size=3_210_520,
            description="parameters U, V and W of the WildML tutorial's trained language model",
            license="Apache-2.0",
        ),
        Original(
            name="tiny-shakespeare",
            url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/"
            "tinyshakespeare/input.txt",
            file_name="tiny-shakespeare.txt",
            sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            size=1_115_394,
            description="40,000 lines of Shakespeare's plays, the corpus of char-rnn",
            license="public domain text",
        ),
        Original(
            name="time-machine",
            url="https://d2l-data.s3-accelerate.amazonaws.com/timemachine.txt",
            file_name="timemachine.txt",
            sha256="8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516",
            size=178_979,
            description="The Time Machine by H. G. Wells, as in Dive into Deep Learning",
            license="public domain text",
        ),
    )
}


def fetch(
    name: str | Original,
    *,
    copy: str | os.PathLike[str] | None = None,
    url: str | None = None,
    cache: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Return the path of an original file, downloaded into the cache if it is not there yet.

    Parameters
    ----------
    name : str or Original
        One of `ORIGINALS`, or the description of another file.
    copy : path, optional
        A copy of the file that is already at hand; it takes the place of the network.
    url : str, optional
        A mirror, in place of the address where the file was published.
    cache : path, optional
        The cache folder. By default the value of the environment variable RNN_GRAPH_CACHE,
        and where that is unset the user's cache folder of the operating system.
    progress : callable, optional
        Called after each piece as ``progress(done_bytes, total_bytes)``; the total is None
        where it is not known.

    Returns
    -------
    pathlib.Path
        The file in the cache folder, its sha256 checked by this call.

    Raises
    ------
    InputError
        If the name is not known, the file cannot be downloaded or read, its sha256 is wrong
        (nothing is kept then), or the cache folder cannot be written. What came of a download that
        was cut is kept, and the next call resumes there.

    Examples
    --------
    With a copy that is at hand, here of a file of eleven bytes:

    >>> import hashlib, tempfile
    >>> from pathlib import Path
    >>> from rnn_graph.datasets import Original, fetch
    >>> digest = hashlib.sha256(b"a few words").hexdigest()
    >>> url = "https://example.org/words.txt"
    >>> words = Original("words", url, "words.txt", digest, 11, "three words", "CC0")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     copy = Path(folder, "copy.txt")
    ...     _ = copy.write_text("a few words")
    ...     print(fetch(words, copy=copy, cache=Path(folder, "cache")).read_text())
    a few words
    """
    import pooch
    import requests

    original = name if isinstance(name, Original) else _find(name)
    folder = Path(cache or os.environ.get("RNN_GRAPH_CACHE") or pooch.os_cache("rnn_graph"))
    folder = folder.expanduser().resolve()
    target = folder / original.file_name
    part = folder / f"{original.file_name}.part"
    address = url or original.url

    def download(_: str, output_file: str, __: object) -> None:
        with locked(part, f"{original.name}: another process downloads it; wait for that"):
            try:
                _download(address, part, original.size, progress)
                part.replace(output_file)
            finally:
                if part.exists() and not part.stat().st_size:
                    part.unlink()
        # pooch deletes output_file when this raises
        _check(Path(output_file), original, address, "run it again, try a mirror")

    pooch.get_logger().setLevel("WARNING")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if copy is not None:
            _store(Path(copy).expanduser(), target, original)
            part.unlink(missing_ok=True)
            return target
        return Path(
            pooch.retrieve(
                address,
                known_hash=original.sha256,
                fname=target.name,
                path=folder,
                downloader=download,
            )
        )
    except requests.RequestException as error:
        answer = error.response
        reason = type(error).__name__ if answer is None else f"HTTP status {answer.status_code}"
        raise InputError(
            f"{original.name}: cannot download {address!r} ({reason}): run it again, which resumes "
            f"a download that was cut, or {_by_hand(original)}"
        ) from error
    except (ValueError, UnicodeError) as error:  # of an address that a server sent us to
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{original.name}: cannot download {address!r}, which leads to no address ({error}):"
            f" {_by_hand(original)}"
        ) from error
    except OSError as error:
        raise InputError(
            f"{original.name}: cannot be stored in the cache folder {str(folder)!r} ({error}): set "
            "RNN_GRAPH_CACHE to a folder that can be written"
        ) from error


def _find(name: str) -> Original:
    if name in ORIGINALS:
        return ORIGINALS[name]
    close = difflib.get_close_matches(name, ORIGINALS, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise InputError(f"unknown data set {name!r}: {hint}expected one of {', '.join(ORIGINALS)}")


def _by_hand(original: Original) -> str:
    return (
        f"download it by hand and pass the copy: rnn-graph data fetch {original.name} --from FILE"
    )


def _check(path: Path, original: Original, source: str, remedy: str) -> None:
    import pooch

    got = pooch.file_hash(str(path), alg="sha256")
    if got != original.sha256:
        raise InputError(
            f"{original.name}: {source!r} has the sha256 {got[:12]}..., expected "
            f"{original.sha256[:12]}..., so it was not kept: {remedy}, or {_by_hand(original)}"
        )


def _store(copy: Path, target: Path, original: Original) -> None:
    """Put a checked copy into the cache, whole or not at all."""
    if not copy.is_file():
        raise InputError(
            f"{original.name}: {str(copy)!r} is not a file: expected a copy of {original.url}"
        )
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        held = Path(shutil.copyfile(copy, Path(folder) / target.name))
        _check(held, original, str(copy), f"give an unchanged copy of {original.url}")
        held.replace(target)


def _download(url: str, part: Path, size: int | None, progress: Progress | None) -> None:
    """Download to `part`, going on from the bytes that it holds where the server can."""
    import requests

    done = part.stat().st_size if part.exists() else 0
    # A range of a compressed answer would count other bytes than those on the disk.
    headers = {"Accept-Encoding": "identity"}
    if done:
        headers["Range"] = f"bytes={done}-"
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if done and answer.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink()  # as long as the file at this address, or longer
            return _download(url, part, size, progress)
        answer.raise_for_status()
        if answer.status_code != requests.codes.partial_content:
            done = 0
        length = answer.headers.get("Content-Length", "")
        is_length = length.isascii() and length.isdigit() and len(length) < len(str(2**63))
        total = done + int(length) if is_length else size
        most = size or LARGEST_DOWNLOAD
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise requests.ConnectionError("the answer is compressed, which was not asked for")
        with part.open("ab" if done else "wb") as file:
            for piece in answer.iter_content(CHUNK):
                done += len(piece)
                if done > most:
                    file.truncate(0)
                    raise requests.ConnectionError(f"the answer is longer than {most:,} bytes")
                file.write(piece)
                if progress is not None:
                    progress(done, total)
    if total is not None and done < total:
        raise requests.ConnectionError(f"cut after {done} of {total} bytes")
