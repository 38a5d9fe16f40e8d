"""Data sets.

A member is a file with

    KIND = "text", "image" or "points"
                                    the kind of its example spec
    FILES = ("path",)               the arguments that are paths of files, if there are some
    def build(data_dir, *, ...)     a `zoo.data.base.splits.Dataset`: an example spec, three splits
"""
