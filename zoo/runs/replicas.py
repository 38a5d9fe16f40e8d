"""Distribution strategies, and how a step is shared by their replicas."""

import tensorflow as tf

from zoo.errors import require


def strategy(name: str) -> tf.distribute.Strategy:
    """The distribution strategy of a name.

    Args:
        name: "cpu"; "mirrored"; or "auto", which is mirrored where there are several GPUs.
    """
    if name == "cpu":
        return tf.distribute.OneDeviceStrategy("/cpu:0")
    if name == "mirrored" or len(tf.config.list_logical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


def count() -> int:
    """The number of replicas of the strategy in whose scope this is called."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def require_equal_shares(counts: dict[str, int]) -> None:
    """Raises SpecError unless each count per step is a multiple of the number of replicas.

    Args:
        counts: counts per step, by their names in the message.
    """
    replicas = count()
    for name, number in counts.items():
        require(
            number % replicas == 0,
            f"{name}: {number} a step cannot be shared by {replicas} replicas. Give a multiple of "
            f"{replicas}, or --strategy=cpu.",
        )
