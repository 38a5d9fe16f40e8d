"""Files by which an operator starts TensorFlow Serving: Docker Compose, Kubernetes, monitoring."""

import json
import re

IMAGE = "tensorflow/serving:2.20.0"
METRICS = "/monitoring/prometheus/metrics"

_MONITORING = f"""\
# For tensorflow_model_server --monitoring_config_file: what Prometheus reads on the REST port.
prometheus_config {{
  enable: true
  path: "{METRICS}"
}}
"""

_COMPOSE = """\
# In this folder: docker compose up -d
# The ports are open on this machine alone. TensorFlow Serving asks nobody who they are: let others
# in through a proxy with TLS, see docs/serving.md.
services:
  serving:
    image: "{image}"
    restart: unless-stopped
    ports:
      - "127.0.0.1:8500:8500" # gRPC
      - "127.0.0.1:8501:8501" # REST, and the metrics for Prometheus
    volumes:
      - ".:{root}:ro"
    command:
{flags}
    healthcheck:
      # The image has no curl, but bash. The port opens once all models are loaded and warm.
      test: {health}
      interval: 10s
      timeout: 10s
      retries: 6
      start_period: 60s
    # On a GPU the image is "{image}-gpu", and it is given one by
    # deploy:
    #   resources:
    #     reservations:
    #       devices: [{{driver: nvidia, count: 1, capabilities: [gpu]}}]
"""

_KUBERNETES = """\
# kubectl apply -f kubernetes.yaml
# The volume of the claim {claim} holds this folder's content; it is only read.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels: {{app: {name}}}
spec:
  replicas: 1
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}}}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "8501"
        prometheus.io/path: "{metrics}"
    spec:
      automountServiceAccountToken: false
      containers:
        - name: serving
          image: "{image}"
          args:
{flags}
          ports:
            - {{name: grpc, containerPort: 8500}}
            - {{name: rest, containerPort: 8501}}
          # The port opens once all models are loaded and warm: five minutes at most.
          startupProbe:
            httpGet: {{path: "{status}", port: rest}}
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 60
          readinessProbe:
            httpGet: {{path: "{status}", port: rest}}
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 3
          # Patient, since long requests may hold all threads for a while. Requests of no rows can
          # hold them for good (see README.md): then the server is started anew.
          livenessProbe:
            httpGet: {{path: "{status}", port: rest}}
            periodSeconds: 10
            timeoutSeconds: 10
            failureThreshold: 6
          resources:
            requests: {{cpu: "1", memory: 1Gi}} # a version's memory twice, while another loads
            # On a GPU the image is "{image}-gpu", and it is given one by
            # limits: {{nvidia.com/gpu: 1}}
          volumeMounts:
            - {{name: models, mountPath: "{root}", readOnly: true}}
      volumes:
        - name: models
          persistentVolumeClaim: {{claimName: {claim}, readOnly: true}}
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector: {{app: {name}}}
  ports:
    - {{name: grpc, port: 8500, targetPort: grpc}}
    - {{name: rest, port: 8501, targetPort: rest}}
"""


def files(name: str, root: str, model: str) -> dict[str, str]:
    """The contents of docker-compose.yml, kubernetes.yaml and monitoring.config.

    Args:
        name: of the deployment.
        root: the folder in the container that this one is mounted at.
        model: the name of a model that is served, whose state tells that of the server.

    Returns:
        Texts by names of files.
    """
    return {
        "docker-compose.yml": compose(root, model),
        "kubernetes.yaml": kubernetes(name, root, model),
        "monitoring.config": _MONITORING,
    }


def server_flags(root: str) -> list[str]:
    """The flags of tensorflow_model_server for the files of a folder."""
    return [
        f"--model_config_file={root}/models.config",
        "--model_config_file_poll_wait_seconds=10",  # changes are served without a new start
        "--allow_version_labels_for_unavailable_models=true",  # or labels forbid the start
        "--enable_batching=true",
        f"--batching_parameters_file={root}/batching.config",
        f"--monitoring_config_file={root}/monitoring.config",
        "--rest_api_num_threads=64",
        "--grpc_max_threads=256",
    ]


def compose(root: str, model: str) -> str:
    """The content of a docker-compose.yml; see `files`."""
    request = (
        f"GET {_status(model)} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n"
    )
    ask = f"exec 3<>/dev/tcp/127.0.0.1/8501; printf '{request}' >&3; grep -q AVAILABLE <&3"
    health = json.dumps(["CMD", "timeout", "8", "bash", "-c", ask])
    flags = _listed(server_flags(root), 6)
    return _COMPOSE.format(image=IMAGE, root=root, flags=flags, health=health)


def kubernetes(name: str, root: str, model: str) -> str:
    """The content of a kubernetes.yaml; see `files`."""
    dns = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")[:50] or "models"
    dns = dns if dns[0].isalpha() else f"model-{dns}"  # names of services begin with a letter
    dns = dns.strip("-")
    return _KUBERNETES.format(
        name=json.dumps(dns),  # quoted, since YAML takes some words for other things
        claim=f"{dns}-models",
        image=IMAGE,
        root=root,
        metrics=METRICS,
        status=_status(model),
        flags=_listed(server_flags(root), 12),
    )


def _status(model):
    return f"/v1/models/{model}"


def _listed(words, indentation):
    return "\n".join(f"{' ' * indentation}- {json.dumps(word)}" for word in words)
