"""Data sets.

A member is a file with

    KIND = "text", "image" or "points"
                        the kind of its domain
    FILES = ("path",)   the arguments that are paths of files, if any
    def build(data_dir: str | None, *, ...) -> Dataset[Text], Dataset[Image] or Dataset[Points]
                        builds a domain and three splits, see `zoo.data.base.splits`
"""
