"""Starts `zoo train` from a checkout; the command is zoo/commands/train.py."""

from zoo import commands

if __name__ == "__main__":
    commands.run("train")
