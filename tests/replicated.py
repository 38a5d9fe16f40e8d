"""Trains experiments on several virtual CPU devices of one process: N, then JSON for each run."""

import json
import sys

import tensorflow as tf

import zoo

cpu = tf.config.list_physical_devices("CPU")[0]
devices = [tf.config.LogicalDeviceConfiguration()] * int(sys.argv[1])
tf.config.set_logical_device_configuration(cpu, devices)
for settings in map(json.loads, sys.argv[2:]):
    workdir = settings.pop("workdir")
    zoo.train(zoo.Experiment(**settings), workdir)
