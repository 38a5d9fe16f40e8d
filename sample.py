"""Starts `zoo sample` from a checkout; the command is zoo/commands/sample.py."""

from zoo import commands

if __name__ == "__main__":
    commands.run("sample")
