"""The commands of docs/scaling.md begin on their machines: clusters, flags, manifests."""

import dataclasses
import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml

from zoo.runs import building, strategies
from zoo.runs.experiment import Experiment

TEXT = (pathlib.Path(__file__).parents[2] / "docs/scaling.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = [body for language, body in BLOCKS if language != "yaml" and "zoo train" in body]
SERVICE, JOB = [
    manifest
    for language, body in BLOCKS
    if language == "yaml"
    for manifest in yaml.safe_load_all(body)
]
POD = JOB["spec"]["template"]["spec"]
(WORKER,) = POD["containers"]


@pytest.fixture
def started(tmp_path):
    """A function that runs a shell script up to `zoo`: its TF_CONFIG, experiment and run folder."""
    path = tmp_path / "zoo"
    path.write_text('#!/bin/sh\nprintf \'%s\\0\' "$TF_CONFIG" "$@"\n')
    path.chmod(0o755)

    def run(command, script, **variables):
        path = f"{tmp_path}:{os.environ['PATH']}"
        environment = {"PATH": path} | variables
        done = subprocess.run([*command, script], env=environment, capture_output=True, check=True)
        config, name, *given = done.stdout.decode().split("\0")[:-1]
        assert name == "train"
        flags = dict(flag.removeprefix("--").split("=", 1) for flag in given)
        workdir = flags.pop("workdir")
        types = {field.name: field.type for field in dataclasses.fields(Experiment)}
        numbers = {
            name: types[name](value) for name, value in flags.items() if types[name] in (int, float)
        }
        return config, Experiment(**flags | numbers), workdir

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_name_experiments_that_there_are(command, started):
    command = re.sub(r"^pip install .*\n", "", command, flags=re.MULTILINE)
    config, experiment, _ = started(["sh", "-c"], command)
    building.compose(experiment)
    assert f"`{experiment.strategy}`" in TEXT.partition("## ")[0]
    assert bool(config) == (experiment.strategy == "multi_worker")
    if config:
        strategies.require_cluster(config)


def test_each_machine_has_a_command():
    found = {re.search(r"--strategy=(\w+)", command)[1] for command in COMMANDS}
    assert found == {"mirrored", "multi_worker", "tpu"}


def test_pods_of_the_job_are_the_workers_of_one_cluster(started):
    """Kubernetes calls pod i of an indexed job JOB-i, by its service JOB-i.SUBDOMAIN."""
    count = JOB["spec"]["completions"]
    assert JOB["spec"]["completionMode"] == "Indexed"
    assert JOB["spec"]["parallelism"] == count
    assert POD["subdomain"] == SERVICE["metadata"]["name"]
    assert SERVICE["spec"]["selector"] == {"job-name": JOB["metadata"]["name"]}
    assert SERVICE["spec"]["clusterIP"] == "None"
    names = [f"{JOB['metadata']['name']}-{index}.{POD['subdomain']}" for index in range(count)]
    (script,) = WORKER["args"]
    for index in range(count):
        config, experiment, workdir = started(
            WORKER["command"], script, JOB_COMPLETION_INDEX=str(index)
        )
        strategies.require_cluster(config)
        content = json.loads(config)
        hosts = content["cluster"]["worker"]
        assert [host.rpartition(":")[0] for host in hosts] == names
        assert content["task"] == {"type": "worker", "index": index}
        assert experiment.strategy == "multi_worker"
        assert experiment.batch_size % count == 0
        assert any(workdir.startswith(mount["mountPath"]) for mount in WORKER["volumeMounts"])


def test_what_is_mounted_is_there():
    volumes = {volume["name"] for volume in POD["volumes"]}
    assert {mount["name"] for mount in WORKER["volumeMounts"]} == volumes
