"""Starts the `zoo` command by `python -m zoo`."""

from zoo import commands

if __name__ == "__main__":
    commands.main()
