"""Heavy commands in a process of their own: `python -m opsconsole.engine serve|check|facts|audit|init …`."""

from __future__ import annotations

import argparse
import os

from opsconsole.engine.leaving import leave

# A thread of its own for each core makes small sums slow where others want the cores too; before NumPy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main() -> int:
    """Run one command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m opsconsole.engine")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve")
    serve.add_argument("site")
    serve.add_argument("--idle-exit", type=float)
    serve.add_argument("--ready-fd", type=int)
    check = commands.add_parser("check")
    check.add_argument("site")
    check.add_argument("--json", action="store_true")
    facts = commands.add_parser("facts")
    facts.add_argument("site")
    init = commands.add_parser("init")
    init.add_argument("folder")
    audit = commands.add_parser("audit")
    audit.add_argument("what", choices=("verify", "head"))
    audit.add_argument("site")
    audit.add_argument("--head", default="")
    audit.add_argument("--json", action="store_true")
    test = commands.add_parser("test")
    test.add_argument("site")
    test.add_argument("file", nargs="*")
    test.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.command == "serve":
        from opsconsole.engine.serve import serve as run_serve

        return run_serve(arguments.site, idle_exit=arguments.idle_exit, ready_fd=arguments.ready_fd)
    if arguments.command == "test":
        from opsconsole.engine.rule_tests import test as run_tests

        return run_tests(arguments.site, arguments.file, as_json=arguments.json)
    if arguments.command == "check":
        from opsconsole.engine.check import check as run_check

        return run_check(arguments.site, as_json=arguments.json)
    if arguments.command == "facts":
        from opsconsole.engine.facts import facts as run_facts

        return run_facts(arguments.site)
    if arguments.command == "audit":
        from opsconsole.engine.audit import audit as run_audit

        return run_audit(arguments.what, arguments.site, as_json=arguments.json, kept=arguments.head)
    from opsconsole.engine.draft import init as run_init

    return run_init(arguments.folder)


if __name__ == "__main__":
    leave(main())
