"""NLTK without SciPy's statistics, which take longer to import than all of NLTK.

NLTK imports them for one measure of association, and goes without where they are missing.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

STATISTICS = "scipy.stats"


def load_nltk(module: str) -> ModuleType:
    """Import a module of NLTK; SciPy's statistics are imported when NLTK uses them."""
    if "nltk" not in sys.modules and STATISTICS not in sys.modules:
        sys.modules[STATISTICS] = None  # type: ignore[assignment]  # "cannot be imported"
        try:
            importlib.import_module("nltk")
        finally:
            del sys.modules[STATISTICS]
        importlib.import_module("nltk.metrics.association").fisher_exact = _fisher_exact
    return importlib.import_module(module)


def _fisher_exact(*arguments: Any, **options: Any) -> Any:
    return importlib.import_module(STATISTICS).fisher_exact(*arguments, **options)
