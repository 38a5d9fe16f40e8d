"""Reads the official builders of tensorflow-datasets into NumPy arrays.

TFDS by itself retries for 200 s without a network; here a missing data set is an error within
seconds.
"""

import contextlib
import os
import queue
import threading
import urllib.error
import urllib.request

import numpy as np
from absl import logging

from zoo.errors import DataError

# A firewall that drops packets would cost this time for every address of the host, and a name
# server as much: so the whole of it is bounded.
SECONDS_TO_ANSWER = 5.0


def read(name: str, splits: tuple[str, ...], data_dir: str | None) -> list[dict[str, np.ndarray]]:
    """Reads all examples of some splits; downloads the data set if it is not there.

    Args:
        name: the builder and its version, such as `"mnist:3.0.1"`.
        splits: in TFDS's notation, such as `"train[:50000]"`.
        data_dir: TFDS's folder; None means TFDS_DATA_DIR or else ~/tensorflow_datasets.

    Returns:
        The features of each split by their names, arrays [count, ...].

    Raises:
        DataError: the data set is neither there nor available for download, or its files are
            damaged.
    """
    # Imported here, so that data sets of other origins neither wait for it nor need it.
    import tensorflow_datasets as tfds

    folder = os.path.expanduser(data_dir or tfds.core.constants.DATA_DIR)
    try:
        with _quiet():
            builder = tfds.builder(name, data_dir=folder, try_gcs=False)
            prepared = builder.is_prepared()
        if not prepared:
            _download(builder, name, folder)
        return [_arrays(builder, split) for split in splits]
    except DataError:
        raise
    except Exception as error:  # a damaged file shows as any of a dozen types
        raise DataError(
            f"{name} in {folder} cannot be read: {_summary(error)} Delete "
            f"{os.path.join(folder, name.replace(':', '/'))} to have it downloaded again."
        ) from error


def _arrays(builder, split):
    import tensorflow_datasets as tfds

    once = tfds.ReadConfig(try_autocache=False)
    batches = builder.as_dataset(split=split, batch_size=10_000, read_config=once)
    batches = list(tfds.as_numpy(batches))
    return {key: np.concatenate([batch[key] for batch in batches]) for key in batches[0]}


def _download(builder, name, folder):
    import tensorflow_datasets as tfds

    url = next(iter(builder.url_infos))
    reason = _why_unreachable(url)
    if reason is None:
        try:
            direct = tfds.download.DownloadConfig(try_download_gcs=False)
            return builder.download_and_prepare(download_config=direct)
        except Exception as error:  # network, disk, checksum: TFDS has a type for each
            reason = _summary(error)
    raise DataError(
        f"{name} is not in {folder} and cannot be downloaded from {url}: {reason} Connect to the "
        "network, or let --data_dir or TFDS_DATA_DIR name a folder where TFDS has prepared it."
    )


def _why_unreachable(url):
    """Asks for a file's head; returns a sentence if there is no answer, None if there is."""
    answer = queue.SimpleQueue()
    threading.Thread(target=lambda: answer.put(_head(url)), daemon=True).start()
    try:
        return answer.get(timeout=SECONDS_TO_ANSWER)
    except queue.Empty:
        return f"no answer within {SECONDS_TO_ANSWER:g} s."


def _head(url):
    # urllib and not a bare socket, because it goes through the proxy where there is one.
    try:
        request = urllib.request.Request(url, method="HEAD")
        urllib.request.urlopen(request, timeout=SECONDS_TO_ANSWER).close()
    except urllib.error.URLError as error:  # wraps the error of the socket or of the name server
        return _summary(error.reason)
    except Exception as error:  # whatever it is, it is the answer: nobody waits for the thread
        return _summary(error)


def _summary(error):
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")[:200] + "."


@contextlib.contextmanager
def _quiet():
    """Silences TFDS's warnings of missing files, for which `read` raises errors of its own."""
    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(before)
