"""Data sets.

A member is a file with

    def build(data_dir: str | None, *, ...) -> Dataset[Text]

or `Dataset[Image]` or `Dataset[Points]`: a domain and three splits, see `zoo.data.base.splits`. The
annotation says which models fit the data. Arguments that are paths of files are annotated as
`zoo.spec.File`: a run notices where these files change or move.
"""
