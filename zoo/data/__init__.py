"""Data sets.

A member is a file with

    KIND = "text" or "image"        the kind of its example spec
    def build(data_dir, *, ...)     a `zoo.data._splits.Dataset`: an example spec, three splits
"""
