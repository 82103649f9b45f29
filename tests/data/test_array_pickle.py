import copyreg
import gzip
import os
import pickle
import tracemalloc

import numpy as np
import pytest

from rnn_graph.data.safe_pickle import LARGEST_PICKLE, PickledArray, unpickle_arrays
from rnn_graph.data.tagged_files import read_tagged_sentences
from rnn_graph.errors import InputError

ARRAYS = [
    np.arange(5, dtype=np.int32),
    np.array([], dtype=np.int32),
    np.array([[1, -2, 3], [4, 5, 6]], dtype=">i2"),
    np.asfortranarray([[1.5, np.inf], [0.25, -1.0]]),
    np.arange(10, dtype=np.uint8)[::3],
    np.array([True, False]),
    np.array(7),
]
CONTENT = (
    ARRAYS,
    {"deux cafés": 2, "naïve": True, "λ": None, 5: ("a", b"\x00\xff", (), [], {})},
    [0, -1, 255, 65535, 2**31 - 1, -(2**31), 2**70, -(2**63), False],
    ["quote ' and \"", "back\\slash", "tab\t and\nlines\r", "\x00\x7f\xff"],
    ("x" * 300, list(range(300)), {str(number): number for number in range(300)}),
)
# What Python 2 and NumPy 1 write, protocol 0; {} for the data's bytes as Python 2 quotes them.
PYTHON_2_ARRAY = (
    "cnumpy.core.multiarray\n_reconstruct\np0\n(cnumpy\nndarray\np1\n(I0\ntp2\nS'b'\np3\ntp4\nRp5\n"
    "(I1\n(I3\ntp6\ncnumpy\ndtype\np7\n(S'i4'\np8\nI0\nI1\ntp9\nRp10\n(I3\nS'<'\np11\n"
    "NNNI-1\nI-1\nI0\ntp12\nbI00\nS{}\np13\ntp14\nb"
)
PYTHON_2_DATA = r"""'\x01\x00\x00\x00\n"\x00\x00\xf1\xff\\\x00'"""


def plain(value):
    """The value with arrays in the places of `PickledArray`."""
    if isinstance(value, PickledArray):
        return value.values
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def assert_same(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected, strict=True)
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        assert_same(list(found.values()), list(expected.values()))
    else:
        assert found == expected


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_reads_what_python_3_writes(protocol):
    assert_same(plain(unpickle_arrays(pickle.dumps(CONTENT, protocol), "a.pkl")), CONTENT)
    scalars = [np.int64(-5), np.float32(0.5), np.bool_(True)]
    assert unpickle_arrays(pickle.dumps(scalars, protocol), "a.pkl") == [-5, 0.5, True]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_reads_the_names_of_numpy_1(protocol):
    data = pickle.dumps(ARRAYS[0], protocol)
    for module in (b"multiarray", b"numeric"):
        new, old = b"numpy._core." + module, b"numpy.core." + module
        data = data.replace(bytes([len(new)]) + new, bytes([len(old)]) + old).replace(new, old)
    assert b"numpy.core." in data
    assert_same(unpickle_arrays(data, "a.pkl").values, ARRAYS[0])


def test_reads_what_python_2_writes():
    data = PYTHON_2_ARRAY.format(PYTHON_2_DATA).encode() + b"."
    reference = pickle.loads(data.replace(b"numpy.core", b"numpy._core"), encoding="latin1")
    assert reference.tolist() == [1, 0x220A, 0x5CFFF1]
    assert_same(unpickle_arrays(data, "a.pkl").values, reference)
    dictionary = b"(dp0\nS'caf\\xe9'\np1\nI1\nsS\"it's\"\np2\nL2L\nsVna\\u00efve\np3\nI3\ns."
    assert unpickle_arrays(dictionary, "a.pkl") == pickle.loads(dictionary, encoding="latin1")
    binary = b"\x80\x02}q\x00(U\x04caf\xe9q\x01K\x01T\x05\x00\x00\x00words\x8a\x01\x02u."
    assert unpickle_arrays(binary, "a.pkl") == {"café": 1, "words": 2}


class Evil:
    """A pickle of it calls a function with an argument when it is read."""

    def __init__(self, function, argument):
        self.call = (function, (argument,))

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("wrap", [lambda evil: evil, lambda evil: ([evil], {"dicts": evil})])
def test_no_function_that_a_pickle_names_is_called(tmp_path, protocol, wrap):
    marker = tmp_path / "marker"
    for function, argument, name in (
        (os.system, f"mkdir {marker}", r"(posix|nt)\.system"),
        (eval, f"__import__('os').mkdir({str(marker)!r})", r"(__builtin__|builtins)\.eval"),
        (os.mkdir, str(marker), r"(posix|nt)\.mkdir"),
    ):
        data = pickle.dumps(wrap(Evil(function, argument)), protocol)
        with pytest.raises(InputError, match=rf"a\.pkl asks for {name}, which is not run"):
            unpickle_arrays(data, "a.pkl")
        assert not marker.exists()


def test_the_evil_pickles_of_these_tests_would_work(tmp_path):
    pickle.loads(pickle.dumps(Evil(os.mkdir, str(tmp_path / "marker"))))
    assert os.listdir(tmp_path) == ["marker"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"(S'touch MARKER'\nios\nsystem\n.", id="INST"),
        pytest.param(b"(cos\nsystem\nS'touch MARKER'\no.", id="OBJ"),
        pytest.param(b"\x80\x02cos\nsystem\nU\x0ctouch MARKER\x85\x81.", id="NEWOBJ"),
        pytest.param(b"\x80\x02cnumpy\nndarray\n)\x81.", id="NEWOBJ of an array"),
        pytest.param(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x0ctouch MARKER\x85R.", id="STACK"),
        pytest.param(b"\x80\x04\x8c\x05numpy\x8c\x0bcore.os.sys\x93.", id="a dotted name"),
        pytest.param(b"\x80\x04cnumpy\ndtype\n)}\x92.", id="NEWOBJ_EX"),
        pytest.param(b"Pos.system\n.", id="PERSID"),
        pytest.param(b"S'os.system'\nQ.", id="BINPERSID"),
        pytest.param(b"\x80\x05\x97.", id="NEXT_BUFFER"),
        pytest.param(b"cnumpy\nload\n(S'MARKER'\ntR.", id="another member of NumPy"),
        pytest.param(b"c_codecs\nencode\n(Va\nVrot13\ntR.", id="another codec"),
        pytest.param(b"cnumpy\ndtype\n(S'O8'\ntR.", id="a dtype of objects"),
        pytest.param(b"cnumpy\ndtype\n(S'i4,O'\ntR.", id="a dtype with fields"),
        pytest.param(
            b"cnumpy\ndtype\n(S'i4'\ntR(I3\nS'<'\nN(S'a'\nt(dS'a'\n(cnumpy\ndtype\n(S'i4'\ntRI0\nts"
            b"I-1\nI-1\nI0\ntb.",
            id="a dtype that becomes one with fields",
        ),
        pytest.param(
            b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I1000000000000\ntS'b'\ntR.",
            id="a huge array",
        ),
        pytest.param(
            b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\ndtype\n(I0\ntS'b'\ntR.",
            id="an array of another class",
        ),
        pytest.param(b"\x80\x02}N" + b"2\x86" * 60 + b"Ns.", id="a key hashed for ever, by DUP"),
        pytest.param(
            b"\x80\x02}N" + b"q\x00h\x00\x86" * 60 + b"Ns.", id="a key hashed for ever, by memo"
        ),
        pytest.param(b"\x80\x04\x8f.", id="a set"),
    ],
)
def test_what_no_array_needs_is_refused(tmp_path, monkeypatch, data):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        InputError, match=r"^a\.pkl (asks|has|makes) .*not run.*NumPy arrays"
    ) as info:
        unpickle_arrays(data, "a.pkl")
    assert "\n" not in str(info.value)
    assert os.listdir() == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"cnumpy\nndarray\n(dS'__setstate__'\nS'x'\nsb.", id="BUILD on a class"),
        pytest.param(
            b"cnumpy.core.multiarray\n_reconstruct\n(N(dS'__defaults__'\n(S'x'\ntstb.",
            id="BUILD on a function",
        ),
        pytest.param(b"cnumpy\nndarray\n((I100000000000\nttR.", id="numpy.ndarray is not called"),
        pytest.param(b"cnumpy\nndarray\n(tR(dS'values'\nI1\nsb.", id="BUILD with a dictionary"),
        pytest.param(b"cnumpy\nndarray\n(tRN(dS'values'\nI1\ns\x86b.", id="BUILD with slots"),
        pytest.param(b"S'upper'\n(tR.", id="a string is not called"),
        pytest.param(b"cnumpy\nndarray\n(tR(lR.", id="an array is not called"),
        pytest.param(b"(lS'a'\nI1\ns.", id="an item of a list"),
        pytest.param(b"I1\nI2\na.", id="append to a number"),
        pytest.param(b"I1\nI2\n.", id="two results"),
        pytest.param(b".", id="no result"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"g5\n.", id="an unknown memo entry"),
        pytest.param(b"\x80\x03B\xff\xff\xff\xff.", id="4 GiB of bytes that are not there"),
        pytest.param(b"\x80\x05\x96" + b"\xff" * 7 + b"\x0f.", id="2⁶⁰ bytes that are not there"),
        pytest.param(b"I" + b"9" * 10_000 + b"\n.", id="a long number"),
        pytest.param(b"S'\\d'\n.", id="an unknown escape"),
        pytest.param(b"S'\\N{BULLET}'\n.", id="an escape of Python 3"),
        pytest.param(b"S'open\n.", id="an open quote"),
        pytest.param(b"(S'a'\nd.", id="a key without value"),
        *(
            pytest.param(
                PYTHON_2_ARRAY.format(PYTHON_2_DATA).replace(*change).encode() + b".",
                id=f"an array with {change[1]!a}",
            )
            for change in [
                ("(I3\ntp6", "(I4\ntp6"),
                ("(I3\ntp6", "(I-1\ntp6"),
                ("(I3\ntp6", "(I3\nI1000000000000000000000\ntp6"),
                ("(I3\ntp6", "(S'3'\ntp6"),
                ("S'<'", "S'?'"),
                ("(I1\n(", "("),
                (PYTHON_2_DATA, r"'\x01\x00\x00'"),
                ("S" + PYTHON_2_DATA, "V" + r"\u03bb" * 12),
                (f"S{PYTHON_2_DATA}\n", "(S'object'\nl"),
            ]
        ),
    ],
)
def test_what_is_no_sound_pickle_is_called_damaged(data):
    with pytest.raises(InputError, match=r"^a\.pkl is a damaged pickle \(byte \d+ of \d+\)"):
        unpickle_arrays(data, "a.pkl")
    assert_same(unpickle_arrays(pickle.dumps(ARRAYS[0]), "a.pkl").values, ARRAYS[0])


def test_arrays_of_objects_are_refused(tmp_path):
    marker = tmp_path / "marker"
    array = np.array([[1], Evil(os.system, f"touch {marker}")], dtype=object)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(InputError, match=r"dtype 'O8'|asks for"):
            unpickle_arrays(pickle.dumps(array, protocol), "a.pkl")
    assert not marker.exists()


def test_extension_codes_are_refused_even_if_something_read_them_before():
    """`pickle.Unpickler` takes such an object from a cache, past `find_class`."""
    copyreg.add_extension("os", "system", 200)
    try:
        data = pickle.dumps(os.getcwd, 2).replace(b"c" + os.getcwd.__module__.encode(), b"cos")
        assert pickle.loads(data) is os.getcwd
        for code in (b"\x82\xc8", b"\x83\xc8\x00", b"\x84\xc8\x00\x00\x00"):
            data = b"\x80\x02" + code + b"."
            assert pickle.loads(data) is os.system
            with pytest.raises(InputError, match="has the instruction"):
                unpickle_arrays(data, "a.pkl")
    finally:
        copyreg.remove_extension("os", "system", 200)


@pytest.mark.parametrize("data", [b"\x80\x02Nr\xff\xff\xff\x7f.", b"Np2147483647\n."])
def test_a_memo_entry_takes_memory_for_itself_alone(data):
    tracemalloc.start()
    try:
        assert unpickle_arrays(data, "a.pkl") is None
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_deep_nesting_is_no_trouble():
    depth = 100_000
    nested = unpickle_arrays(b"]" * depth + b"a" * (depth - 1) + b".", "a.pkl")
    for _ in range(depth - 1):
        [nested] = nested
    assert nested == []


def test_a_gzip_file_that_would_fill_the_memory_is_refused(tmp_path):
    path = tmp_path / "a.pkl.gz"
    path.write_bytes(gzip.compress(b"]" * (LARGEST_PICKLE + 100), compresslevel=1, mtime=0))
    with pytest.raises(InputError, match="more than 32 MiB unzipped"):
        read_tagged_sentences(path)
