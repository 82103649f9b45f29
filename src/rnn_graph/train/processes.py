"""Several devices, and several processes, that share each minibatch of a training run.

The compiled graph is the same: XLA splits it by where its arrays are, and adds up the gradients of
all devices.
"""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from rnn_graph.backend.devices import Backend
from rnn_graph.backend.processors import usable_processors
from rnn_graph.errors import InputError, InputWarning, RunEnds
from rnn_graph.train.rendezvous import Meeting, meet

AXIS = "batch"
FORCED_DEVICES = "xla_force_host_platform_device_count"
# Seconds in which the processes of a run have to come together, and after which one that says
# nothing any more counts as lost.
REACH_TIMEOUT = 60
HEARTBEAT_TIMEOUT = 30


@dataclass(frozen=True)
class Processes:
    """Which of how many processes this is.

    Attributes
    ----------
    coordinator
        HOST:PORT of process 0; None for a run of one process, or one that a launcher has joined.
    secret
        What all processes of a run with a coordinator know.
    is_launched
        Whether a cluster's launcher started the processes, and JAX has joined them.
    """

    coordinator: str | None = None
    count: int = 1
    place: int = 0
    secret: bytes = field(default=b"", repr=False)
    is_launched: bool = False

    def __post_init__(self) -> None:
        if self.coordinator is None:
            if not self.is_launched and (self.count != 1 or self.place != 0):
                raise InputError("several processes want --coordinator HOST:PORT as well")
            return
        host, _, port = self.coordinator.rpartition(":")
        is_number = port.isascii() and port.isdigit() and len(port) <= len(str(2**16))
        if not host or not is_number or not 0 < int(port) < 2**16:
            raise InputError(f"the coordinator is {self.coordinator!r}; give HOST:PORT")
        if not 0 <= self.place < self.count:
            raise InputError(
                f"--process-id is {self.place} of {self.count} processes; give 0 to"
                f" {self.count - 1}"
            )

    @classmethod
    def of_launcher(cls) -> "Processes":
        """Those that Slurm, Open MPI, Kubernetes or the like started, as JAX finds them.

        Raises
        ------
        InputError
            If no launcher that JAX knows started this process.
        """
        try:
            _initialize_jax()
        except (ValueError, RuntimeError) as error:
            raise InputError(
                f"--distributed auto finds no launcher that JAX knows ({_first_line(error)}); start"
                " the processes by one, or give --coordinator"
            ) from None
        import jax

        return cls(count=jax.process_count(), place=jax.process_index(), is_launched=True)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the coordinator."""
        host, _, port = self.coordinator.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes."""
        return self.place == 0


@contextmanager
def meeting_of(processes: Processes, timeout: float = REACH_TIMEOUT) -> Iterator[Meeting | None]:
    """The meeting of a run's processes, before JAX is started in them; None if there is one only.

    Raises
    ------
    InputError
        If they do not come together in `timeout` seconds.
    """
    if processes.coordinator is None:
        yield None
        return
    if len(processes.secret) == 0:
        raise InputError("processes with a coordinator share a secret; give Processes one")
    count, place, secret = processes.count, processes.place, processes.secret
    with meet(*processes.address, count, place, timeout, secret) as meeting:
        yield meeting
        if meeting.turned_away:
            warnings.warn(
                InputWarning(
                    f"turned away {meeting.turned_away:,} connections that were no processes of"
                    " this run"
                ),
                stacklevel=3,
            )


def join(processes: Processes) -> None:
    """Let JAX know of all processes; to be called in all of them, before JAX is first used."""
    if processes.coordinator is None:
        return
    _initialize_jax(
        coordinator_address=processes.coordinator,
        num_processes=processes.count,
        process_id=processes.place,
        coordinator_bind_address=processes.coordinator,
    )


def _initialize_jax(**who_is_who: Any) -> None:
    import jax

    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(heartbeat_timeout_seconds=HEARTBEAT_TIMEOUT, **who_is_who)


def split_cpu(devices: int | None) -> None:
    """Let JAX take the CPU for so many devices, if it has as many processors.

    Nothing happens if JAX has been started, or `XLA_FLAGS` says how many there are.
    """
    if devices is None or not 1 < devices <= usable_processors():
        return
    if FORCED_DEVICES in os.environ.get("XLA_FLAGS", ""):
        return
    import jax

    with suppress(RuntimeError):  # JAX has been started
        jax.config.update("jax_num_cpu_devices", devices)


def share_batches(backend: Backend, devices: int | None, batch_size: int) -> Backend:
    """`backend` with a mesh over so many devices of its kind; None for all of all processes.

    Raises
    ------
    InputError
        If there are fewer, the batch cannot be split among them, or the backend has one alone.
    """
    import jax

    if backend.name != "jax":
        raise InputError(f"backend {backend.name!r} has one device; give --backend jax")
    found = jax.devices(backend.platform)
    count = len(found) if devices is None else devices
    if count > len(found):
        raise InputError(
            f"{count} devices are asked for, and JAX has {len(found)} of kind {backend.platform}"
            " here; give --devices accordingly"
        )
    if jax.process_count() > 1 and count != len(found):
        raise InputError(
            f"the processes have {len(found)} devices together; leave out --devices, or give"
            " that number"
        )
    if batch_size % count:
        raise InputError(
            f"a batch of {batch_size} cannot be split among {count} devices; give a multiple"
        )
    if count == 1:
        return backend
    mesh = jax.sharding.Mesh(np.array(found[:count]), (AXIS,))
    return replace(backend, mesh=mesh)


@contextmanager
def ending_together(processes: Processes) -> Iterator[None]:
    """Let a process of several end at once where it cannot go on, or where another was lost.

    Raises
    ------
    RunEnds
        If there are several processes.
    MemoryError
        If the device has too little memory.
    """
    import jax

    try:
        yield
    except InputError as error:
        if processes.count == 1:
            raise
        raise RunEnds(str(error), status=2) from None
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" in str(error):
            raise MemoryError(f"on the device: {_first_line(error)}") from None
        if processes.count == 1:
            raise
        raise RunEnds(
            f"another process of this run was lost ({_first_line(error)}); start all of them again"
            " with --resume",
            status=1,
        ) from None


def from_first(read: Callable[[], bytes]) -> bytes:
    """What `read` gives in the first process, in all of them."""
    import jax

    if jax.process_count() == 1:
        return read()
    from jax.experimental import multihost_utils

    first = jax.process_index() == 0
    data = np.frombuffer(read(), dtype=np.uint8) if first else np.zeros(0, dtype=np.uint8)
    size = int(multihost_utils.broadcast_one_to_all(np.int64(len(data))))
    sent = data if first else np.zeros(size, dtype=np.uint8)
    return np.asarray(multihost_utils.broadcast_one_to_all(sent)).astype(np.uint8).tobytes()


def check_in_first(processes: Processes, check: Callable[[], None]) -> None:
    """Run a check in the first process; where it raises `InputError`, do so in all."""
    problem = ""
    if processes.is_first:
        try:
            check()
        except InputError as error:
            problem = str(error)
    problem = from_first(lambda: problem.encode()).decode()
    if problem:
        raise InputError(problem)


def in_any_process(*flags: bool) -> list[bool]:
    """For each flag whether it is set in any of the processes; all of them have to ask."""
    import jax

    if jax.process_count() == 1:
        return list(flags)
    from jax.experimental import multihost_utils

    return np.asarray(multihost_utils.process_allgather(np.array(flags))).any(axis=0).tolist()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
