"""Where results go: checked before the work, never half-written."""

import os
import stat

import pytest

from cli_checks import assert_refused, is_root


@pytest.mark.parametrize("option", ["--out", "--plot"])
@pytest.mark.parametrize("place", ["missing folder", "a folder", "below a file", "nothing"])
def test_out_is_checked_before_anything_is_read(cli, tmp_path, write, option, place):
    paths = {
        "missing folder": tmp_path / "absent" / "out",
        "a folder": tmp_path,
        "below a file": write("file", "") / "out",
        "nothing": "",
    }
    places = {"--out": tmp_path / "out.npz"} | {option: paths[place]}
    arguments = [str(part) for pair in places.items() for part in pair]
    result = cli("train", "word", "--data", tmp_path / "absent.txt", *arguments)
    assert_refused(result, "cannot write", paths[place])


@pytest.mark.skipif(is_root, reason="root may write everywhere")
def test_out_without_permission(cli, tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    result = cli("train", "word", "--data", "absent.txt", "--out", folder / "out.npz")
    assert_refused(result, "cannot write", "permission")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no folder that takes no files")
def test_out_in_a_folder_that_takes_no_files(cli):
    result = cli("train", "word", "--data", "absent.txt", "--out", "/proc/self/out.npz")
    assert_refused(result, "cannot write")


@pytest.mark.parametrize("length", [300, 250])
def test_out_with_too_long_a_name(train, text, tmp_path, length):
    """The longest name may be taken or refused, but not refused after the training."""
    result = train(text, out=tmp_path / ("x" * length))
    if length > 255 or result.status:
        assert_refused(result, "cannot write")


@pytest.mark.parametrize("command", ["train", "vocabulary"])
def test_out_is_the_data(cli, train, text, write, command):
    content = text.read_bytes()
    data = write("text.txt", content)
    if command == "train":
        result = train(data, out=data)
    else:
        result = cli("data", "vocabulary", "--data", data, "--out", data)
    assert data.read_bytes() == content
    assert_refused(result, data)


def test_out_is_the_plot(train, text, tmp_path):
    out = tmp_path / "out.npz"
    assert_refused(train(text, "--plot", out, out=out), out)


def test_out_is_no_ordinary_file(train, text, tmp_path):
    """`/dev/null` must not become a model file."""
    out = tmp_path / "pipe"
    os.mkfifo(out)
    assert_refused(train(text, out=out), out)
    assert stat.S_ISFIFO(out.stat().st_mode)


@pytest.mark.parametrize(
    "command", [("data", "sample"), ("data", "vocabulary", "--data", "absent")]
)
def test_out_of_data_commands(cli, tmp_path, command):
    assert_refused(cli(*command, "--out", tmp_path / "absent" / "out"), "cannot write", "no folder")
    assert_refused(cli(*command, "--out", tmp_path), "cannot write", "folder")


@pytest.mark.parametrize("below", ["", "below"])
def test_demo_into_a_file(cli, write, below):
    path = write("file", "precious")
    assert_refused(cli("demo", "--out", path / below), "cannot write", path)
    assert path.read_text() == "precious"
