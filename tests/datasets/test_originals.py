"""The downloader of the original data sets, against a server on 127.0.0.1."""

import gc
import hashlib
import random
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pooch
import pytest

from rnn_graph.datasets import originals
from rnn_graph.datasets.originals import ORIGINALS, Original, fetch
from rnn_graph.errors import InputError
from rnn_graph.files.atomic import locked

CONTENT = random.Random(0).randbytes(200_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serve the content of the server, in the way that its attributes ask for."""

    def do_GET(self):
        server = self.server
        server.asked.append(self.headers)
        if server.stall is not None:
            server.stall.wait(10)
            return
        if server.status != 200:
            self.send_error(server.status)
            return
        asked = self.headers.get("Range") if server.ranges else None
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if asked and start >= len(server.content):
            self.send_error(416)
            return
        if server.location:
            self.send_response(302)
            self.send_header("Location", server.location)
            self.end_headers()
            return
        self.send_response(206 if asked else 200)
        for name, value in server.headers.items():
            self.send_header(name, value)
        if server.length:
            self.send_header("Content-Length", str(len(server.content) - start))
        self.end_headers()
        body = server.content[start : server.cut_at]
        server.sent.append(len(body))  # before the client can have the last of it
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.content = CONTENT
        server.status = 200
        server.ranges = server.length = True
        server.cut_at = server.stall = server.location = None
        server.headers = {}
        server.asked, server.sent = [], []
        server.url = f"http://127.0.0.1:{server.server_port}/small.bin"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
    gc.collect()  # a socket left open warns here


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def small(server):
    return Original("small", server.url, "small.bin", SHA256, len(CONTENT), "noise", "none")


def refusal(*args, **kwargs):
    """Fetch, which has to fail, and give the message."""
    with pytest.raises(InputError) as caught:
        fetch(*args, **kwargs)
    message = str(caught.value)
    assert "\n" not in message
    return message


def files(cache):
    return sorted(path.name for path in cache.iterdir())


def test_downloads_the_whole_file_uncompressed(server, small, cache):
    seen = []
    path = fetch(small, cache=cache, progress=lambda *step: seen.append(step))
    assert path == cache / "small.bin"
    assert path.read_bytes() == CONTENT
    assert files(cache) == ["small.bin"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert server.asked[0]["Accept-Encoding"] == "identity"


def test_cached_file_makes_no_request(server, small, cache):
    first = fetch(small, cache=cache)
    assert fetch(small, cache=cache) == first
    assert len(server.asked) == 1


def test_damaged_cached_file_is_replaced(small, cache):
    cache.mkdir()
    (cache / "small.bin").write_bytes(CONTENT[:-1] + b"?")
    assert fetch(small, cache=cache).read_bytes() == CONTENT


def test_mirror_takes_the_place_of_the_registered_url(server, small, cache):
    elsewhere = Original("far", "http://127.0.0.1:9/x", "x.bin", SHA256, None, "noise", "none")
    assert fetch(elsewhere, url=server.url, cache=cache).read_bytes() == CONTENT
    assert len(server.asked) == 1


@pytest.mark.parametrize("length", [True, False])
def test_cut_download_resumes(server, small, cache, length):
    server.length, server.cut_at = length, 100_000
    message = refusal(small, cache=cache)
    assert "resumes" in message
    assert files(cache) == ["small.bin.part"]
    kept = (cache / "small.bin.part").stat().st_size
    assert 100_000 - originals.CHUNK < kept <= 100_000

    server.cut_at = None
    seen = []
    path = fetch(small, cache=cache, progress=lambda *step: seen.append(step))
    assert path.read_bytes() == CONTENT
    assert server.asked[1]["Range"] == f"bytes={kept}-"
    assert server.sent == [100_000, len(CONTENT) - kept]
    assert seen[0][0] > kept
    assert {total for _, total in seen} == {len(CONTENT)}
    assert files(cache) == ["small.bin"]


def test_unknown_total_is_reported_as_none(server, cache):
    server.length = False
    unsized = Original("small", server.url, "small.bin", SHA256, None, "noise", "none")
    seen = []
    fetch(unsized, cache=cache, progress=lambda *step: seen.append(step))
    assert seen[-1] == (len(CONTENT), None)


def test_server_without_ranges_starts_over(server, small, cache):
    server.ranges = False
    cache.mkdir()
    (cache / "small.bin.part").write_bytes(CONTENT[:50_000])
    seen = []
    path = fetch(small, cache=cache, progress=lambda *step: seen.append(step))
    assert path.read_bytes() == CONTENT
    assert server.asked[0]["Range"] == "bytes=50000-"
    assert seen[-1] == (len(CONTENT), len(CONTENT))


@pytest.mark.parametrize("extra", [b"", b"more"])
def test_part_that_leaves_no_range_starts_over(server, small, cache, extra):
    cache.mkdir()
    (cache / "small.bin.part").write_bytes(CONTENT + extra)
    assert fetch(small, cache=cache).read_bytes() == CONTENT
    assert [headers["Range"] for headers in server.asked] == [
        f"bytes={200_000 + len(extra)}-",
        None,
    ]


@pytest.mark.parametrize("part", [b"", b"stale"])
def test_wrong_download_is_not_kept(server, small, cache, part):
    cache.mkdir()
    (cache / "small.bin.part").write_bytes(part)
    server.content = CONTENT[:-1] + b"?"
    message = refusal(small, cache=cache)
    got = hashlib.sha256(part + server.content[len(part) :]).hexdigest()
    assert got[:12] in message
    assert SHA256[:12] in message
    assert server.url in message
    assert files(cache) == []


def test_http_error_names_the_url_and_the_remedy(server, small, cache):
    server.status = 404
    message = refusal(small, cache=cache)
    assert "404" in message
    assert server.url in message
    assert "rnn-graph data fetch small --from FILE" in message
    assert files(cache) == []


def test_http_error_keeps_what_came_before(server, small, cache):
    cache.mkdir()
    (cache / "small.bin.part").write_bytes(CONTENT[:50_000])
    server.status = 503
    assert "503" in refusal(small, cache=cache)
    assert (cache / "small.bin.part").read_bytes() == CONTENT[:50_000]


def test_refused_connection(server, small, cache):
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))  # bound, so nobody else listens there
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}/small.bin"
        message = refusal(small, url=url, cache=cache)
    assert url in message
    assert "ConnectionError" in message
    assert "--from FILE" in message
    assert server.asked == []


def test_silent_server_times_out(server, small, cache, monkeypatch):
    monkeypatch.setattr(originals, "TIMEOUT", (5.0, 0.1))
    server.stall = threading.Event()
    try:
        message = refusal(small, cache=cache)
    finally:
        server.stall.set()
    assert "ReadTimeout" in message
    assert server.url in message


def test_address_that_is_none(small, cache):
    assert "'nowhere' (MissingSchema)" in refusal(small, url="nowhere", cache=cache)


def test_copy_takes_the_place_of_the_network(server, small, cache, tmp_path):
    cache.mkdir()
    (cache / "small.bin.part").write_bytes(CONTENT[:10])
    mine = tmp_path / "mine.bin"
    mine.write_bytes(CONTENT)
    path = fetch(small, copy=mine, cache=cache)
    assert path == cache / "small.bin"
    assert path.read_bytes() == mine.read_bytes() == CONTENT
    assert files(cache) == ["small.bin"]
    assert fetch(small, cache=cache) == path
    assert server.asked == []


def test_wrong_copy_is_not_kept(server, small, cache, tmp_path):
    mine = tmp_path / "mine.bin"
    mine.write_bytes(b"something else")
    message = refusal(small, copy=mine, cache=cache)
    assert str(mine) in message
    assert f"copy of {server.url}" in message
    assert hashlib.sha256(b"something else").hexdigest()[:12] in message
    assert SHA256[:12] in message
    assert files(cache) == []
    assert server.asked == []


def test_wrong_copy_spares_the_cached_file(small, cache, tmp_path):
    path = fetch(small, cache=cache)
    mine = tmp_path / "mine.bin"
    mine.write_bytes(b"something else")
    refusal(small, copy=mine, cache=cache)
    assert path.read_bytes() == CONTENT


def test_missing_copy(small, cache, tmp_path):
    message = refusal(small, copy=tmp_path / "none.bin", cache=cache)
    assert f"{str(tmp_path / 'none.bin')!r} is not a file" in message
    assert files(cache) == []


@pytest.mark.parametrize(
    ("name", "hint"), [("time-machne", "did you mean 'time-machine'?"), ("xyz", "'xyz': expected")]
)
def test_unknown_name_lists_the_names(name, hint, cache):
    message = refusal(name, cache=cache)
    assert repr(name) in message
    assert hint in message
    assert all(known in message for known in ORIGINALS)
    assert not cache.exists()


def test_default_cache_folders(small, tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "os" / project)
    monkeypatch.delenv("RNN_GRAPH_CACHE", raising=False)
    assert fetch(small) == tmp_path / "os" / "rnn_graph" / "small.bin"
    monkeypatch.setenv("RNN_GRAPH_CACHE", str(tmp_path / "variable"))
    assert fetch(small) == tmp_path / "variable" / "small.bin"
    assert fetch(small, cache=tmp_path / "given") == tmp_path / "given" / "small.bin"


def test_cache_that_cannot_be_written(server, small, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    message = refusal(small, cache=tmp_path / "file" / "cache")
    assert str(tmp_path / "file" / "cache") in message
    assert "RNN_GRAPH_CACHE" in message
    assert server.asked == []


def test_registered_files_do_not_collide_and_are_checkable():
    entries = ORIGINALS.values()
    assert [entry.name for entry in entries] == list(ORIGINALS)
    assert len({entry.file_name for entry in entries}) == len(ORIGINALS)
    for entry in entries:
        assert entry.url.startswith("https://")
        assert len(entry.sha256) == 64
        assert set(entry.sha256) <= set("0123456789abcdef")


def test_import_leaves_the_network_libraries_alone():
    code = (
        "import sys, rnn_graph.datasets.originals; print({'pooch', 'requests'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def cause_of_refusal(original, cache):
    with pytest.raises(InputError) as caught:
        fetch(original, cache=cache)
    assert "\n" not in str(caught.value)
    return str(caught.value.__cause__)


@pytest.mark.parametrize("known", [True, False])
def test_an_endless_answer_ends_at_a_limit(server, small, cache, monkeypatch, known):
    monkeypatch.setattr(originals, "LARGEST_DOWNLOAD", 1000)
    server.content, server.length = CONTENT * 20, False
    original = small if known else replace(small, size=None)
    most = len(CONTENT) if known else 1000
    assert f"the answer is longer than {most:,} bytes" in cause_of_refusal(original, cache)
    assert files(cache) == []


@pytest.mark.parametrize("length", ["\u00b2", "-1", "9" * 400, "x", ""])
def test_a_length_that_is_none_is_no_length(server, small, cache, length):
    server.length, server.headers = False, {"Content-Length": length}
    with suppress(InputError):  # urllib3 refuses some of them itself
        path = fetch(replace(small, size=None), cache=cache)
        assert path.read_bytes() == CONTENT


def test_a_compressed_answer_is_refused(server, small, cache):
    server.headers = {"Content-Encoding": "gzip"}
    assert "compressed, which was not asked for" in cause_of_refusal(small, cache)
    assert files(cache) == []


@pytest.mark.parametrize(
    "location",
    [
        "http://[::1",
        "http://a..b/",
        f"http://{'a' * 300}/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:\u0663/",
        "file:///etc/passwd",
        "ftp://a/",
        "//",
        "",
    ],
)
def test_a_redirect_to_nowhere(server, small, cache, location):
    server.location = location.encode().decode("latin-1") or server.url  # to itself, endlessly
    assert "--from FILE" in refusal(small, cache=cache)
    assert files(cache) == []


def test_two_downloads_at_once(small, cache):
    cache.mkdir()
    with locked(cache / "small.bin.part", "taken"):
        assert "another process downloads it; wait for that" in refusal(small, cache=cache)
    assert fetch(small, cache=cache).read_bytes() == CONTENT
    assert files(cache) == ["small.bin"]
