"""The shape of the package: which way imports point, and how much there is of what."""

import ast
import configparser
from collections import Counter
from functools import cache
from pathlib import Path

import grimp
import pytest
from importlinter.application.use_cases import read_user_options
from importlinter.configuration import configure
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract
from importlinter.domain.contract import Contract

import rnn_graph

ROOT = Path(__file__).parent.parent
PACKAGE = Path(rnn_graph.__file__).parent
CONTRACTS = {"layers": LayersContract, "forbidden": ForbiddenContract}
MOST_TOP_LEVEL, MOST_RELATIONS = 26, 130
# The tutorial's char_model.py goes into its char_rnn.py.
NAMED_TWICE: set[str] = set()


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("rnn_graph", cache_dir=None)


@cache
def contracts() -> dict[str, Contract]:
    """The contracts of setup.cfg, by their names there."""
    configure()
    options = read_user_options(config_filename=str(ROOT / "setup.cfg"))
    return {
        given["id"]: CONTRACTS[given["type"]](given["name"], options.session_options, given)
        for given in options.contracts_options
    }


def is_kept(contract: str, graph: grimp.ImportGraph) -> bool:
    return contracts()[contract].check(graph, verbose=False).kept


def test_imports_point_the_way_that_setup_cfg_says():
    assert set(contracts()) == {"direction", "oracle"}
    assert all(is_kept(name, imports()) for name in contracts())


@pytest.mark.parametrize(
    ("contract", "importer", "imported"),
    [
        ("direction", "rnn_graph.nn.cells", "rnn_graph.models.model"),
        ("direction", "rnn_graph.train.trainer", "rnn_graph.cli.console"),
        ("direction", "rnn_graph.errors", "rnn_graph.files.atomic"),
        ("oracle", "rnn_graph.train.trainer", "rnn_graph.reference.rnn_numpy"),
    ],
)
def test_an_import_that_points_the_other_way_breaks_the_contract(contract, importer, imported):
    graph = grimp.build_graph("rnn_graph", cache_dir=None)
    assert {importer, imported} <= graph.modules
    graph.add_import(importer=importer, imported=imported)
    assert not is_kept(contract, graph)


def test_every_part_of_the_package_has_a_place_in_the_contract():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = config["importlinter:contract:direction"]["layers"].split()
    assert set(lines) - {":"} == imports().find_children("rnn_graph")


def relations() -> set[tuple[str, str]]:
    """Which modules and packages of the top level import which others."""

    def part(module):
        return ".".join(module.split(".")[:2])

    graph = imports()
    pairs = {
        (part(importer), part(imported))
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }
    return {(one, other) for one, other in pairs if one != other}


def test_the_top_level_and_its_relations_stay_few():
    assert len(imports().find_children("rnn_graph")) <= MOST_TOP_LEVEL
    assert 0 < len(relations()) <= MOST_RELATIONS


def test_no_two_modules_have_one_name():
    names = Counter(path.name for path in PACKAGE.rglob("*.py"))
    twice = {name for name, count in names.items() if count > 1}
    assert twice <= {"__init__.py", *NAMED_TWICE}


def places_of(module: str, name: str) -> set[str]:
    """The files of the package that mention `module.name`, or import `name` from `module`."""

    def mentions(node):
        if isinstance(node, ast.Attribute):
            value = node.value
            return node.attr == name and isinstance(value, ast.Name) and value.id == module
        if isinstance(node, ast.ImportFrom):
            return node.module == module and name in [alias.name for alias in node.names]
        return False

    return {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(mentions(node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    }


def test_scan_and_function_are_called_in_one_place_each():
    # The graph of the original tutorial keeps its own scan.
    assert places_of("pytensor", "scan") == {"nn/scan.py", "tutorials/scan_graph.py"}
    assert places_of("pytensor", "function") == {"backend/compile.py"}
