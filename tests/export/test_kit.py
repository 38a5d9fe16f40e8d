"""The operator's files, read by the parsers of what they are for."""

import re
import subprocess
import sys

import pytest
import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from export import kit

NAMES = ["names", "true", "1.0", "No_Model-", "_", "a" * 80]


class Strict(yaml.SafeLoader):
    """Refuses a key that is given twice."""


def _mapping(loader, node):
    pairs = loader.construct_pairs(node, deep=True)
    assert len(dict(pairs)) == len(pairs), node.start_mark
    return dict(pairs)


Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def files(name):
    return kit.files(name, f"/models/{name}", name)


@pytest.mark.parametrize("name", NAMES)
def test_compose_starts_the_server_with_its_files_on_loopback(name):
    (service,) = yaml.load(files(name)["docker-compose.yml"], Strict)["services"].values()
    assert service["image"] == kit.IMAGE
    assert re.fullmatch(r"tensorflow/serving:\d+\.\d+\.\d+", kit.IMAGE)
    assert service["ports"] == ["127.0.0.1:8500:8500", "127.0.0.1:8501:8501"]
    assert service["volumes"] == [f".:/models/{name}:ro"]
    assert service["command"] == kit.server_flags(f"/models/{name}")
    assert "$" not in files(name)["docker-compose.yml"]  # Compose would put a variable there


def test_the_flags_name_generated_files():
    named = [flag.partition("=/models/x/")[2] for flag in kit.server_flags("/models/x")]
    assert set(filter(None, named)) == {"models.config", "batching.config", "monitoring.config"}


def test_the_health_check_is_a_request_in_bash():
    (service,) = yaml.safe_load(files("names")["docker-compose.yml"])["services"].values()
    kind, *command = service["healthcheck"]["test"]
    assert kind == "CMD"
    assert command[:4] == ["timeout", "8", "bash", "-c"]
    parsed = subprocess.run(["bash", "-n", "-c", command[4]], capture_output=True, text=True)
    assert (parsed.returncode, parsed.stderr) == (0, "")
    (request,) = re.findall(r"printf '(.*?)'", command[4])
    sent = subprocess.run(["bash", "-c", f"printf '{request}'"], capture_output=True).stdout
    assert sent == (
        b"GET /v1/models/names HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    # Nobody listens to this port: the server is not healthy.
    nobody = command[4].replace("8501", "1")
    assert subprocess.run(["bash", "-c", nobody], capture_output=True).returncode != 0


@pytest.mark.parametrize("file", ["docker-compose.yml", "kubernetes.yaml"])
def test_the_gpu_s_lines_are_of_the_file_s_language(file):
    """Without the '# ' before them they say what the comment says."""
    text, lines = files("names")[file], []
    for line in text.splitlines():
        key = re.fullmatch(r"( *)# (( *)(deploy|resources|reservations|devices|limits):.*)", line)
        lines.append(key[1] + key[2] if key else line)
    documents = list(yaml.load_all("\n".join(lines), Strict))
    if file == "docker-compose.yml":
        (service,) = documents[0]["services"].values()
        assert service["deploy"]["resources"]["reservations"]["devices"] == [
            {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}
        ]
    else:
        (container,) = documents[0]["spec"]["template"]["spec"]["containers"]
        assert container["resources"]["limits"] == {"nvidia.com/gpu": 1}
    assert f"{kit.IMAGE}-gpu" in text


@pytest.mark.parametrize("name", NAMES)
def test_kubernetes_runs_the_same_server_and_probes_it(name):
    deployment, service = yaml.load_all(files(name)["kubernetes.yaml"], Strict)
    assert (deployment["kind"], service["kind"]) == ("Deployment", "Service")
    for document in (deployment, service):  # a name of DNS (RFC 1035)
        assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", document["metadata"]["name"])
    template = deployment["spec"]["template"]
    labels = template["metadata"]["labels"]
    assert service["spec"]["selector"] == labels == deployment["spec"]["selector"]["matchLabels"]
    assert all(isinstance(value, str) for value in template["metadata"]["annotations"].values())
    (container,) = template["spec"]["containers"]
    assert container["image"] == kit.IMAGE
    assert container["args"] == kit.server_flags(f"/models/{name}")
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"grpc": 8500, "rest": 8501}
    assert {port["targetPort"] for port in service["spec"]["ports"]} == set(ports)
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = container[probe]["httpGet"]
        assert asked == {"path": f"/v1/models/{name}", "port": "rest"}
        assert container[probe]["timeoutSeconds"] <= container[probe]["periodSeconds"]
    (mount,), (volume,) = container["volumeMounts"], template["spec"]["volumes"]
    assert mount == {"name": volume["name"], "mountPath": f"/models/{name}", "readOnly": True}
    assert re.fullmatch(r"[a-z][-a-z0-9]*-models", volume["persistentVolumeClaim"]["claimName"])


def test_monitoring_config_is_the_message_that_the_server_reads():
    """tensorflow.serving.MonitoringConfig as it is published; the package does not have it."""
    file = descriptor_pb2.FileDescriptorProto(name="m.proto", package="p", syntax="proto3")
    field = descriptor_pb2.FieldDescriptorProto
    prometheus = file.message_type.add(name="PrometheusConfig")
    prometheus.field.add(name="enable", number=1, type=field.TYPE_BOOL, label=1)
    prometheus.field.add(name="path", number=2, type=field.TYPE_STRING, label=1)
    file.message_type.add(name="MonitoringConfig").field.add(
        name="prometheus_config",
        number=1,
        type=field.TYPE_MESSAGE,
        type_name=".p.PrometheusConfig",
        label=1,
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName("p.MonitoringConfig"))
    parsed = text_format.Parse(files("names")["monitoring.config"], message())
    assert parsed.prometheus_config.enable
    _, _, annotations = files("names")["kubernetes.yaml"].partition("annotations:")
    assert f'prometheus.io/path: "{parsed.prometheus_config.path}"' in annotations


def test_the_commands_need_no_tensorflow_for_their_files():
    program = (
        "import sys; from export import kit, batching; "
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
