"""Starts `zoo evaluate` from a checkout; the command is zoo/commands/evaluate.py."""

from zoo import commands

if __name__ == "__main__":
    commands.run("evaluate")
