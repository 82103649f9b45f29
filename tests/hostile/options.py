"""Values that no option expects: each is used, or refused in one line.

    python -m hostile.options [EACH [SEED]]     # in tests/; `make hostile` does it

EACH values of each option are drawn, 3 by default.
"""

import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from small_runs import COMPUTING, write_data

NUMBERS = (
    *("nan", "inf", "-inf", "1e400", "1e308", "-1e308", "1e-320", "-1", "0", "-0.0"),
    *("1" + "0" * 30, "9" * 5000, str(2**31), str(2**63), "0x10", "1_0", "٣", "²", "", " 1", "1,5"),
)
TEXTS = ("", " ", "\udcff", "a" * 5000, "٣", "..", "/", "-", "\n", "%s{0}", "nan", "-1")
NO_NUMBERS = ("nan", "inf", "-inf", "", "1,5")
LIMIT = 2.0  # seconds; what takes longer trains, or draws
LONGER = 30.0  # for what has to be refused, after the text is read at the latest
MEMORY = 8 << 30  # bytes of address space
MODELS = Path(__file__).parent.parent / "files_of_0_1"


def main(each: int = 3, seed: int = 0) -> int:
    """Print the options that failed, and how many were tried; 0 if none failed."""
    import rnn_graph.cli.application  # noqa: F401 (once, not in each process)

    began, failed, tried, went_on = time.monotonic(), 0, 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder)
        os.chdir(folder)
        for arguments, value, is_number in attempts(each, random.Random(seed)):
            tried += 1
            ended, found = outcome(folder / f"said-{tried}", arguments, value, is_number)
            went_on += not ended
            failed += bool(found)
            if found:
                print(f"{' '.join(arguments)} {value[:40]!r}: {found}", flush=True)
    seconds = time.monotonic() - began
    print(
        f"options: tried {tried}, held {tried - failed} (of these {went_on} went on for "
        f"{LIMIT:g} s), failed {failed}; {seconds:.0f} s"
    )
    return int(failed > 0)


def attempts(each: int, draw: random.Random) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """Each option of each command, with so many values; whether it is a number."""
    from typer.main import get_command

    from rnn_graph.cli.application import app

    commands = beginnings()
    for words, command in commands_of(get_command(app)):
        for option in command.params:
            kind = option.type_descriptor.annotation
            if kind is bool or not option.opts[0].startswith("-"):
                continue
            values = NUMBERS if kind in (int, float) else TEXTS
            for value in draw.sample(values, min(each, len(values))):
                yield (*words, *commands[words], option.opts[0]), value, kind in (int, float)


def beginnings() -> dict[tuple[str, ...], tuple[str, ...]]:
    """What makes each command run at all, quickly."""
    words, slots = (str(MODELS / name) for name in ("word-rnn.npz", "sequence-tagger.npz"))
    small = ("--hidden-dim", "4", "--epochs", "1")
    return {
        ("generate",): (words, *COMPUTING),
        ("tag",): (slots, "show flights", "--backend", "c"),
        ("evaluate",): (words, "--data", "text.txt", *COMPUTING),
        ("info",): (words,),
        ("export",): (words, "--to", "safetensors", "--out", "out.safetensors"),
        ("gradcheck",): ("--backend", "c"),
        ("demo",): ("--backend", "c", "--epochs", "1", "--sentences", "50"),
        ("train", "word"): ("--data", "text.txt", "--out", "m.npz", *small),
        ("train", "char"): ("--data", "names.txt", "--out", "m.npz", *small),
        ("train", "tagger"): ("--data", "train.conll", "--out", "m.npz", *small),
        ("plot", "history"): ("history.jsonl", "--out", "h.svg"),
        ("plot", "graph"): (words, "--out", "g.svg"),
        ("plot", "saliency"): (words, "--text", "the cat", "--out", "s.svg"),
        ("plot", "gradients"): (words, "--text", "the cat", "--out", "n.svg"),
        ("plot", "states"): (words, "--text", "the cat", "--out", "s.svg"),
        ("data", "sample"): (),
        ("data", "queries"): (),
        ("data", "colors"): (),
        ("data", "list"): (),
        ("data", "fetch"): ("absent",),
        ("data", "vocabulary"): ("--data", "text.txt"),
        ("bench", "run"): ("lm-step",),
        ("bench", "report"): ("results.json",),
        ("bench", "compare"): ("results.json", "results.json"),
    }


def commands_of(command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command that runs, with its words."""
    if subcommands := getattr(command, "commands", {}):
        for word, subcommand in subcommands.items():
            yield from commands_of(subcommand, (*words, word))
    else:
        yield words, command


def outcome(
    said: Path, arguments: tuple[str, ...], value: str, is_number: bool
) -> tuple[bool, str]:
    """Whether the command ended in time, and what is wrong with how it ended; "" for nothing."""
    process = os.fork()
    if process == 0:
        _be_the_command(said, [*arguments, value])
    limit = LONGER if is_number and value in NO_NUMBERS else LIMIT
    status, end = None, time.monotonic() + limit
    while status is None and time.monotonic() < end:
        done, how = os.waitpid(process, os.WNOHANG)
        status = os.waitstatus_to_exitcode(how) if done else None
        time.sleep(0.002)
    if status is None:
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
        return False, "taken as a number" if is_number and value in NO_NUMBERS else ""
    text = said.read_text(errors="replace")
    if "Traceback" in text or "Exception ignored" in text:
        return True, f"a traceback: {text[-500:]}"
    if status not in (0, 1, 2):
        return True, f"status {status}: {text[-300:]!r}"
    if status == 2 and not text.splitlines()[-1:][0].startswith("rnn-graph: "):
        return True, f"no line of error: {text[-300:]!r}"
    if status == 0 and is_number and value in NO_NUMBERS:
        return True, "taken as a number"
    return True, ""


def _be_the_command(said: Path, arguments: list[str]) -> None:
    from rnn_graph.cli import main as command

    os.setpgid(0, 0)
    stream = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(stream, 1)
    os.dup2(stream, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.argv = ["rnn-graph", *arguments]
    status = 0
    try:
        command()
    except SystemExit as end:
        status = end.code or 0
    except BaseException:
        import traceback

        traceback.print_exc()
        status = 3
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
