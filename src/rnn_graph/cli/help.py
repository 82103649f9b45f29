"""The help of commands: options in groups, a line or two each, in 80 columns or fewer."""

import shutil
import textwrap
from pathlib import Path

from typer.core import TyperCommand, TyperGroup

WIDEST = 80
NAMES_WIDTH = 28
NARROW = 60  # below, names and what they mean do not stand side by side
FIRST_GROUP = "Options"
# What stands for a value of each type.
KINDS = {int: "N", float: "X", Path: "FILE", str: "TEXT"}


class Command(TyperCommand):
    """A command whose help is plain text."""

    def format_help(self, ctx, formatter) -> None:
        formatter.write(_usage(ctx, self))
        formatter.write(_paragraphs(self.help or ""))
        arguments = [p for p in self.get_params(ctx) if p.param_type_name == "argument"]
        if arguments:
            rows = [(_argument_name(p), p.help or "") for p in arguments]
            formatter.write(_section("Arguments", rows))
        groups: dict[str, list[tuple[str, str]]] = {FIRST_GROUP: []}
        for option in self.get_params(ctx):
            if option.param_type_name == "argument" or option.hidden:
                continue
            group = getattr(option, "rich_help_panel", None) or FIRST_GROUP
            groups.setdefault(group, []).append(_option_row(option))
        for group, rows in groups.items():
            formatter.write(_section(group, rows))
        formatter.write(self.values_of_recipes())
        formatter.write(_epilog(self.epilog or ""))

    def values_of_recipes(self) -> str:
        """What each recipe has for the options that take their values from it."""
        return ""


class Group(TyperGroup):
    """A group of commands whose help is plain text."""

    def format_help(self, ctx, formatter) -> None:
        formatter.write(_usage(ctx, self))
        formatter.write(_paragraphs(self.help or ""))
        rows = [
            (name, _first_sentence(self.get_command(ctx, name).help or ""))
            for name in self.list_commands(ctx)
        ]
        formatter.write(_section("Commands", rows))
        formatter.write(_section(FIRST_GROUP, [_option_row(p) for p in self.get_params(ctx)]))
        formatter.write(_epilog(self.epilog or ""))


def _epilog(text: str) -> str:
    lines = textwrap.wrap(text, width(), subsequent_indent="  ", break_on_hyphens=False)
    return "\n" + "".join(f"{line}\n" for line in lines) if text else ""


def _first_sentence(text: str) -> str:
    return " ".join(text.split("\n\n")[0].split())


def _usage(ctx, command) -> str:
    usage = f"Usage: {ctx.command_path} {' '.join(command.collect_usage_pieces(ctx))}"
    return textwrap.fill(usage, width(), subsequent_indent="  ") + "\n"


def _paragraphs(text: str) -> str:
    parts = [" ".join(part.split()) for part in textwrap.dedent(text).split("\n\n")]
    return "".join(f"\n{textwrap.fill(part, width())}\n" for part in parts if part)


def _section(title: str, rows: list[tuple[str, str]]) -> str:
    return "".join([f"\n{title}:\n", *(_row(*row) for row in rows)]) if rows else ""


def _row(names: str, text: str) -> str:
    margin = " " * (NAMES_WIDTH + 2 if width() >= NARROW else 6)
    lines = textwrap.wrap(text, width() - len(margin), break_on_hyphens=False) or [""]
    first = f"  {names:{len(margin) - 4}}  "
    if len(first) > len(margin):
        return f"  {names}\n" + "".join(f"{margin}{line}\n" for line in lines)
    return first + lines[0] + "\n" + "".join(f"{margin}{line}\n" for line in lines[1:])


def width() -> int:
    """The columns of help: those of the terminal, but no more than one reads well."""
    return min(WIDEST, shutil.get_terminal_size().columns)


def _argument_name(argument) -> str:
    name = argument.name.upper().rstrip("_")
    return name if argument.required else f"[{name}]"


def _option_row(option) -> tuple[str, str]:
    names = "/".join([*option.opts, *option.secondary_opts])
    if not getattr(option, "is_flag", False):
        names += f" {option.metavar or _kind(option)}"
    text = option.help or ""
    if option.required:
        text += " [required]"
    elif isinstance(option.default, str | int | float) and not isinstance(option.default, bool):
        text += f" [{option.default}]" if str(option.default) else ""
    return names, text


def _kind(option) -> str:
    return KINDS.get(option.type_descriptor.annotation, "VALUE")
