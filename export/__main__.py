"""Starts `zoo export` by `python -m export`; the command is zoo/commands/export.py."""

from zoo import commands


def run() -> None:
    """The console command zoo-export."""
    commands.run("export")


if __name__ == "__main__":
    run()
