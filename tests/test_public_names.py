"""Every public name says what it takes and returns, and has an example that runs."""

import doctest
import inspect
import re

import pytest

import rnn_graph
from rnn_graph import datasets, nn, optim, reference

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
HEADLINE = re.compile(r"^(\w+)\n-+$\n?", re.MULTILINE)
ENTRY = re.compile(r"^(\S.*?)(?: :.*)?$", re.MULTILINE)  # "x, y : (T,)", not what is said of them


def public_names() -> dict:
    """Classes and functions by name, each once; constants have no docstring of their own."""
    lists = {module: module.__all__ for module in (rnn_graph, nn, optim, datasets)}
    lists[reference] = [name for name in vars(reference) if not name.startswith("_")]
    found = {}
    for module, names in lists.items():
        for name in names:
            value = getattr(module, name)
            is_code = inspect.isclass(value) or inspect.isfunction(value)
            if is_code and value not in found.values():
                found[f"{module.__name__}.{name}"] = value
    return found


def function_of(member):
    """The function behind a method or property; None for anything else."""
    for wrapped in ("__func__", "fget", "func"):
        member = getattr(member, wrapped, member)
    return member if inspect.isfunction(member) and member.__name__ != "<lambda>" else None


def methods_of(kind: type) -> dict[str, list]:
    """Public methods and properties by name, each with those of the bases that it overrides."""
    found: dict[str, list] = {}
    for base in kind.__mro__:
        for name, member in vars(base).items():
            if not name.startswith("_") and function_of(member):
                found.setdefault(name, []).append(function_of(member))
    return found


NAMES = public_names()
METHODS = {
    f"{name}.{method}": versions
    for name, value in NAMES.items()
    if inspect.isclass(value)
    for method, versions in methods_of(value).items()
}


def sections(value) -> dict[str, str]:
    _, *parts = HEADLINE.split(inspect.getdoc(value))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def parameters(value) -> set[str]:
    # A protocol's signature is made by Python.
    return (
        set() if getattr(value, "_is_protocol", False) else {*inspect.signature(value).parameters}
    )


def returns_something(value) -> bool:
    is_function = inspect.isfunction(value)
    return is_function and inspect.signature(value).return_annotation not in (None, "None")


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_all_sections(name):
    value = NAMES[name]
    assert value.__doc__, "no docstring"
    found = sections(value)
    entries = ENTRY.findall(found.get("Parameters", ""))
    documented = {part.lstrip("*") for entry in entries for part in entry.split(", ")}
    assert parameters(value) <= documented
    assert "Returns" in found or not returns_something(value)
    assert "Examples" in found


@pytest.mark.parametrize("name", METHODS)
def test_a_public_method_has_a_docstring(name):
    assert any(version.__doc__ for version in METHODS[name])


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_run(name, request):
    value = NAMES[name]
    collected = {t.name for t in request.session.items if isinstance(t, pytest.DoctestItem)}
    if f"{value.__module__}.{value.__qualname__}" in collected:
        return  # `make test` collects src too, whose examples pytest runs itself
    (examples,) = doctest.DocTestFinder(recurse=False).find(value, name, module=False, globs={})
    assert examples.examples
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    assert not runner.run(examples, out=report.append).failed, "".join(report)
