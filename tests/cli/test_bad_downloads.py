"""Downloads that fail."""

import socket

import pytest

from cli_checks import assert_refused


@pytest.fixture
def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize("name", ["reddit-coments", "", "../x"])
def test_fetch_of_an_unknown_name(cli, tmp_path, name):
    result = cli("data", "fetch", name, "--cache", tmp_path)
    assert_refused(result, "unknown data set", "reddit-comments")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:{}/x", "nonsense", "file:///etc/hosts", ""])
def test_fetch_without_an_answer(cli, tmp_path, closed_port, address, monkeypatch):
    for name in (
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    url = address.format(closed_port)
    result = cli("data", "fetch", "wildml-model", "--cache", tmp_path, "--url", url)
    assert_refused(result, "wildml-model", "--from FILE")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("copy", ["absent", "another", "a folder"])
def test_fetch_from_a_wrong_copy(cli, tmp_path, write, copy):
    cache = tmp_path / "cache"
    paths = {"absent": tmp_path / "absent", "another": write("x", "x"), "a folder": tmp_path}
    result = cli("data", "fetch", "wildml-model", "--cache", cache, "--from", paths[copy])
    assert_refused(result, "wildml-model", paths[copy])
    assert list(cache.iterdir()) == []


def test_fetch_into_a_file(cli, write):
    path = write("file", "precious")
    result = cli("data", "fetch", "wildml-model", "--cache", path, "--from", path)
    assert_refused(result, path)
    assert path.read_text() == "precious"
