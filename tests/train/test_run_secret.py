import pytest

from rnn_graph.errors import InputError
from rnn_graph.train.run_secret import VARIABLE, is_loopback, run_secret

SECRET = "0123456789abcdef"


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


def secret(host="localhost", file=None, *, is_first=True, said=None):
    said = [] if said is None else said
    return run_secret(host, file, is_first=is_first, say=said.append)


def test_a_file_goes_before_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, SECRET)
    assert secret("example.org", is_first=False) == SECRET.encode()
    file = tmp_path / "secret"
    file.write_text(f"  another {SECRET}\n")
    assert secret("example.org", file) == f"another {SECRET}".encode()


def test_the_first_makes_one_for_this_machine_alone(monkeypatch):
    said = []
    made = secret(said=said)
    assert said[0].startswith(f"run secret {made.decode()}; give it")
    assert secret() != made
    monkeypatch.setenv(VARIABLE, said[0].split()[2].rstrip(";"))
    assert secret(is_first=False) == made


@pytest.mark.parametrize(
    ("host", "is_first", "message"),
    [
        ("127.0.0.1", False, "as process 0 printed it"),
        ("0.0.0.0", True, "the same in all processes"),
        ("192.0.2.1", True, "the same in all processes"),
        ("192.0.2.1", False, "--run-secret-file"),
    ],
)
def test_without_one(host, is_first, message):
    with pytest.raises(InputError, match=message):
        secret(host, is_first=is_first)


@pytest.mark.parametrize("content", ["", " " * 40, "short", "x" * 5000])
def test_what_is_no_secret(tmp_path, monkeypatch, content):
    file = tmp_path / "secret"
    file.write_text(content)
    with pytest.raises(InputError, match="bytes; give 16 to 4,096"):
        secret(file=file)
    monkeypatch.setenv(VARIABLE, content)
    with pytest.raises(InputError, match=f"in {VARIABLE} has"):
        secret()


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*gone: No such file"):
        secret(file=tmp_path / "gone")


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.3.2.1", True), ("::1", True), ("0.0.0.0", False), ("", False)],
)
def test_hosts_of_this_machine_alone(host, expected):
    assert is_loopback(host) is expected
