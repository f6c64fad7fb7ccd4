"""What `opsconsole --help` prints: how to begin, and all commands by group."""

from __future__ import annotations

from opsconsole.cli.commands.description import Group, Option
from opsconsole.cli.commands.every import CONSOLE, EVERY

_HEAD = """\
usage: opsconsole [SITE]      open a console on a site.yaml or a folder of files
       opsconsole demo        try it on data played into a folder of its own
       opsconsole COMMAND …
"""
_FOOT = """\
`opsconsole help COMMAND` says more, with examples; most commands take --json.
A folder named like a command is given as ./NAME.
"""
_LEFT = 14


def overview() -> str:
    """The text, which ends with a line feed."""
    groups: dict[Group, list[str]] = {}
    for command in EVERY:
        groups.setdefault(command.group, []).append(f"  {command.name:<{_LEFT}}{command.summary}")
    lists = [f"{group}:\n" + "\n".join(lines) + "\n" for group, lines in groups.items()]
    options = [f"  {spelt(option):<{_LEFT}}{option.help}" for option in CONSOLE.options()]
    options.append(f"  {'-V, --version':<{_LEFT}}print the version")
    return "\n".join([_HEAD, *lists, "Options of the console:\n" + "\n".join(options) + "\n", _FOOT])


def spelt(option: Option) -> str:
    """An option as one types it: "-n, --lines N"."""
    value = option.shown or "|".join(option.choices)
    if option.kind == "flag" or not value:
        return ", ".join(option.names)
    value = {"maybe": f"[{value}]", "any": f"[{value} …]"}.get(option.times, value)
    return f"{', '.join(option.names)} {value}"
