"""What all models have in common: parameters by name, a vocabulary, and a file."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from rnn_graph._version import __version__
from rnn_graph.backend.devices import Backend
from rnn_graph.backend.parameter import Parameter
from rnn_graph.data.codec_files import codec_content
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import ModelFile, write_model_file
from rnn_graph.plots.composition import Composition, composition_svg


class Model:
    """A network with parameters, the codec of its ids, and the backend that computes it.

    Parameters
    ----------
    config
        A frozen dataclass: sizes and kind, with `dtype`. It cannot change afterwards.
    vocabulary
        What its ids stand for, and how text was split; None if nobody said.
    backend
    first_values
        Parameters by name, in the shapes of the equations.
    stored_transposed
        Names of parameters of which the shared variable holds the transpose.

    Attributes
    ----------
    kind : str
        The name of the kind of model in files.
    parameters : dict of str to Parameter
        `get_value()` and `set_value()` each.
    history : list of dict
        The records of its training, if it was trained or loaded.
    """

    kind: ClassVar[str]

    def __init__(
        self,
        config,
        vocabulary,
        backend: Backend,
        first_values: Mapping[str, np.ndarray],
        *,
        stored_transposed: tuple[str, ...] = (),
    ):
        self.config, self.vocabulary, self.backend = config, vocabulary, backend
        self.parameters = {
            name: Parameter(
                name, value, config.dtype, backend, stored_transposed=name in stored_transposed
            )
            for name, value in first_values.items()
        }
        self.history: list[dict[str, Any]] = []

    @property
    def dtype(self) -> str:
        """Floating-point type of the parameters, "float32" or "float64"."""
        return self.config.dtype

    def get_parameters(self) -> dict[str, np.ndarray]:
        """Copies of the parameters by name, in the shapes of the equations."""
        return {name: parameter.get_value() for name, parameter in self.parameters.items()}

    def set_parameters(self, values: Mapping[str, np.ndarray]) -> None:
        """Replace the parameters by copies of `values`.

        Raises
        ------
        InputError
            If one is missing, or has another shape.
        """
        missing = [name for name in self.parameters if name not in values]
        if missing:
            raise InputError(f"the parameters lack {missing[0]!r}; give all of this model's")
        for name, parameter in self.parameters.items():
            parameter.set_value(values[name])

    # Files

    def configuration(self) -> dict[str, Any]:
        """What a file says of the model beside its parameters and its codec."""
        return {"model": self.kind, **asdict(self.config)}

    def save(
        self,
        path: str | Path,
        *,
        training: dict[str, Any] | None = None,
        parameters: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Write the model to one `.npz`: parameters, configuration, vocabulary.

        Parameters
        ----------
        path
        training
            How it was trained, as JSON can hold it; `rnn-graph info` shows it.
        parameters
            To write in place of the model's own.

        Raises
        ------
        InputError
            If it cannot be written there.
        """
        codec = codec_content(self.vocabulary)
        training = training or ({"history": self.history} if self.history else None)
        configuration = self.configuration() | codec.configuration | {"rnn_graph": __version__}
        if training:
            configuration["training"] = training
        arrays = dict(parameters or self.get_parameters()) | codec.arrays
        write_model_file(path, ModelFile(arrays, configuration, codec.tokens))

    @classmethod
    def load(cls, path: str | Path, **computing: Any) -> Self:
        """The model of a file, as `rnn_graph.load_model`.

        Raises
        ------
        InputError
            If the file holds another kind of model.
        """
        from rnn_graph.models.registry import load_model

        model = load_model(path, **computing)
        if not isinstance(model, cls):
            raise InputError(f"{path} holds a {type(model).__name__}, no {cls.__name__}")
        return model

    @classmethod
    def of_file(cls, content: ModelFile, vocabulary, **computing: Any) -> Self:
        """A model of the sizes of a file, whose parameters have any values yet.

        Parameters
        ----------
        content
            Its configuration has been made by `configuration`, or it is of an older version or
            of the tutorial's own kind.
        vocabulary
            That of the file.
        computing
            `backend`, `device` and `dtype` (None: the file's own).

        Raises
        ------
        InputError
            If configuration and arrays do not fit together; the message does not name the file.
        """
        raise NotImplementedError

    # For people

    @property
    def parameter_count(self) -> int:
        """How many numbers the model learns."""
        return sum(int(np.prod(parameter.shape)) for parameter in self.parameters.values())

    def summary(self) -> str:
        """The model's parameters with their shapes and numbers, a line each."""
        rows = [
            (name, " × ".join(map(str, parameter.shape)), f"{int(np.prod(parameter.shape)):,}")
            for name, parameter in self.parameters.items()
        ]
        rows.append(("in all", "", f"{self.parameter_count:,}"))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [
            f"  {name:{widths[0]}}  {shape:{widths[1]}}  {count:>{widths[2]}}"
            for name, shape, count in rows
        ]
        return "\n".join([repr(self), *lines])

    def composition(self) -> Composition:
        """Its parts, as `graph_picture` shows them.

        Raises
        ------
        InputError
            If it is a tutorial's network, which is no composition of layers.
        """
        raise InputError(
            f"{type(self).__name__} is a tutorial's network, no composition of layers; give a model"
            " of the recipe modern, or draw a graph of yours with rnn_graph.plots.graph.graph_svg"
        )

    def graph_picture(self, *, detail: str = "layers") -> str:
        """The model's graph as SVG, light or dark as the reader's screen.

        Parameters
        ----------
        detail
            "layers": the parts with their parameters and what they yield; "operations": PyTensor's
            operations of the loss, before they are compiled.

        Raises
        ------
        InputError
            If it is a tutorial's network, or `detail` is something else.
        """
        return composition_svg(self.composition(), detail)

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in asdict(self.config).items())
        return f"<{type(self).__name__} {settings}, {self.backend.name} on {self.backend.platform}>"


def checked_settings(content: ModelFile, config_class: type, *, without: tuple[str, ...] = ()):
    """The settings of a configuration dataclass from a file.

    A setting that older versions did not have is missing there, and has its default.

    Raises
    ------
    InputError
        If one is of another type than its default.
    """
    settings = {}
    for field in fields(config_class):
        if field.name in without:
            continue
        value = content.configuration.get(field.name, field.default)
        if type(value) is not type(field.default):
            raise InputError(
                f"{field.name} is {value!r}; expected something like {field.default!r}, the file"
                " is damaged"
            )
        settings[field.name] = value
    return settings
