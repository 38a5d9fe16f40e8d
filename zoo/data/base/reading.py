"""Reads UTF-8 files, whole or in chunks."""

import codecs
import io
import pathlib
from collections.abc import Iterator

from zoo.errors import DataError

_CHUNK = 2**20  # bytes


def read(path: str) -> str:
    """Reads a UTF-8 file without its byte order mark; lines end in a line feed only.

    Raises:
        DataError: there is no such file, it is unreadable or empty, or it is not UTF-8.
    """
    text = "".join(chunks(path))
    if not text.strip():
        raise DataError(f"{path} is empty: give a file with some text.")
    return text


def chunks(path: str, chunk: int = _CHUNK) -> Iterator[str]:
    """Reads a UTF-8 file as `read` does, in chunks of about `chunk` bytes.

    Raises:
        DataError: there is no such file, it is unreadable, or it is not UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = io.IncrementalNewlineDecoder(None, translate=True)
    begun, offset = False, 0
    try:
        with pathlib.Path(path).expanduser().open("rb") as file:
            while True:
                block = file.read(chunk)
                pending = len(decoder.getstate()[0])  # bytes of a character that is cut
                try:
                    text = decoder.decode(block, final=not block)
                except UnicodeDecodeError as error:
                    raise DataError(
                        f"{path} is not UTF-8: it has the byte 0x{error.object[error.start]:02x} "
                        f"at offset {offset - pending + error.start}. Convert it to UTF-8."
                    ) from error
                if not begun and text:
                    begun, text = True, text.removeprefix("\ufeff")
                yield lines.decode(text, final=not block)
                if not block:
                    return
                offset += len(block)
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror}.") from error
