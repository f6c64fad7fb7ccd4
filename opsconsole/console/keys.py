"""The table of keys: `opsconsole keys` prints it as it is for a person, `python -m …` of this module for the README."""

from __future__ import annotations

import json
import sys

from opsconsole.console.actions import ACTIONS, SCOPES, Registry, key_name, markdown, rebound
from opsconsole.console.config import Config


def listed(registry: Registry) -> list[dict[str, object]]:
    """The actions with their keys as a script can use them, in the order of the scopes."""
    return [
        {
            "action": action.id,
            "keys": list(action.keys),
            "command": action.line,
            "title": action.title,
            "scope": scope,
            "where": where,
        }
        for scope, where in SCOPES.items()
        for action in registry.in_scopes((scope,))
    ]


def show(config: Config, *, as_json: bool = False) -> int:
    """Print the keys as they are with these settings; the exit code."""
    registry = Registry(rebound(ACTIONS, config.keys))
    if as_json:
        print(json.dumps(listed(registry), ensure_ascii=False, indent=1))
        return 0
    for scope, where in SCOPES.items():
        actions = registry.in_scopes((scope,))
        if actions:
            print(f"{where}\n")
        for action in actions:
            keys = " ".join(key_name(key) for key in action.keys)
            mine = "*" if action.id in config.keys else " "
            print(f" {mine} {keys:<14} {action.id:<18} {action.title}{f'  (:{action.line})' if action.line else ''}")
        print()
    if config.keys:
        print(" * by your config.yaml")
    return 0


if __name__ == "__main__":
    sys.stdout.write(markdown(Registry()))
