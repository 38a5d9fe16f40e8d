"""Asks a model that TensorFlow Serving serves, with Python's standard library alone.

    python -m export.client http://host:8501/v1/models/names                # lists signatures
    python -m export.client http://host:8501/v1/models/names generate --prompt=Mc --seed=1
    python -m export.client http://host:8501/v1/models/digits generate_png --seed=1 --save=1.png

The address may end in /versions/2 or /labels/stable. This file needs no other: copy it into an
application.
"""

import argparse
import base64
import json
import random
import sys
import time
import typing
import urllib.error
import urllib.request

_AGAIN = {408, 429, 502, 503, 504}  # what another attempt may cure
_FIRST_PAUSE = 0.1  # seconds; it doubles from attempt to attempt


class ClientError(Exception):
    """The server cannot be reached or refuses the request; the message says what to do."""


class Client:
    """A model at an address.

    Args:
        url: such as "http://localhost:8501/v1/models/names".
        timeout: seconds that one attempt may take.
        retries: further attempts after one that failed without an answer to the request.
        token: sent as a bearer token, for servers behind a proxy that asks for one.

    Example:
        >>> names = Client("http://localhost:8501/v1/models/names")  # doctest: +SKIP
        >>> names.predict("generate", [{"prompt": "Mc", "seed": 1}])  # doctest: +SKIP
        [{'error': '', 'text': 'Mcvade'}]
    """

    def __init__(self, url: str, timeout: float = 30.0, retries: int = 3, token: str | None = None):
        if not url.startswith(("http://", "https://")):
            raise ClientError(f"{url!r} is no address: write http://HOST:8501/v1/models/NAME.")
        self._url, self._timeout, self._retries = url.rstrip("/"), timeout, retries
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._signatures = None

    def signatures(self) -> dict[str, dict[str, dict[str, dict]]]:
        """The signatures by name: `inputs` and `outputs`, each by name with `dtype` and `shape`."""
        if self._signatures is None:
            answer = self._ask("/metadata")
            found = answer["metadata"]["signature_def"]["signature_def"]
            self._signatures = {
                name: {part: _tensors(one.get(part, {})) for part in ("inputs", "outputs")}
                for name, one in found.items()
                if not name.startswith("__")
            }
        return self._signatures

    def predict(self, signature: str, rows: list[dict]) -> list[dict]:
        """Asks for the answer to each row.

        Args:
            signature: its name, such as "generate".
            rows: at least one; each has a value for every input: numbers, strings, bytes, or lists
                of these.

        Returns:
            An answer for each row, by the names of outputs; binary outputs as bytes. Where rows
            can be wrong one by one, `error` is "" or says what is wrong with the row.

        Raises:
            ClientError: no rows, an unknown signature or input, or a request that the server
                refuses or does not answer in time.
        """
        if not rows:  # TensorFlow Serving never answers a batched request of no rows
            raise ClientError("A request needs at least one row.")
        outputs = self._checked(signature, rows)
        request = {"signature_name": signature, "instances": encode(rows)}
        answers = decode(self._ask(":predict", request)["predictions"])
        if len(outputs) == 1:  # the server leaves out the name of an only output
            (name,) = outputs
            return [{name: answer} for answer in answers]
        return answers

    def logits(self, sequences: list[list[int]]) -> list[list[list[float]]]:
        """Asks a language model for the logits after each token of sequences of any lengths.

        They are padded to the length of the model's signature `logits_padded`, where it has one and
        it is long enough: a server that merges requests refuses rows of other lengths than those of
        its neighbours, whoever sent these. Others go to `logits`, a request for each length.

        Args:
            sequences: ids of tokens, the start token first.

        Returns:
            For each sequence, [tokens, vocabulary size].

        Raises:
            ClientError: see `predict`.
        """
        longest = padded_length(self.signatures())
        requests = {}
        for number, tokens in enumerate(sequences):
            key = None if len(tokens) <= longest else len(tokens)
            requests.setdefault(key, []).append(number)
        answers = [[]] * len(sequences)
        for key, numbers in requests.items():
            rows = [{"tokens": sequences[number]} for number in numbers]
            if key is None:
                rows = [pad(row["tokens"], longest) for row in rows]
            found = self.predict("logits_padded" if key is None else "logits", rows)
            for number, answer in zip(numbers, found, strict=True):
                answers[number] = answer["logits"][: len(sequences[number])]
        return answers

    def _checked(self, signature, rows):
        """The outputs of a signature whose inputs are those of the rows."""
        known = self.signatures()
        if signature not in known:
            listed = ", ".join(sorted(known))
            raise ClientError(f"There is no signature {signature!r}. Known: {listed}.")
        inputs = set(known[signature]["inputs"])
        for number, row in enumerate(rows):
            if set(row) != inputs:
                raise ClientError(
                    f"Row {number} gives {', '.join(sorted(row)) or 'nothing'}; {signature} takes "
                    f"{', '.join(sorted(inputs))}."
                )
        return known[signature]["outputs"]

    def _ask(self, path, body=None):
        """The JSON of an answer, after as many attempts as it takes and are allowed."""
        data = None if body is None else json.dumps(body).encode()
        headers = self._headers | {"Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, data, headers)
        pause, reason = _FIRST_PAUSE, ""
        for attempt in range(1 + self._retries):
            if attempt:
                time.sleep(pause * random.uniform(0.5, 1))  # clients should not come back as one
                pause *= 2
            try:
                with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                reason = f"{error.code}: {_explanation(error)}"
                if error.code not in _AGAIN:
                    raise ClientError(f"The server refuses the request ({reason}).") from None
            except (urllib.error.URLError, OSError, json.JSONDecodeError) as error:
                reason = str(getattr(error, "reason", error))
        raise ClientError(
            f"{self._url} gives no answer in {1 + self._retries} attempts of at most "
            f"{self._timeout:g} seconds ({reason}). Is the server running, and is the model loaded?"
        )


def padded_length(signatures: dict) -> int:
    """The length of the signature `logits_padded`, see `Client.signatures`; 0 without one."""
    if "logits_padded" not in signatures:
        return 0
    return signatures["logits_padded"]["inputs"]["tokens"]["shape"][1]


def pad(tokens: list[int], length: int) -> dict:
    """A row of `logits_padded`: tokens, filled up to a length, and how many there were."""
    count = len(tokens)
    return {"tokens": [*tokens, *[0] * (length - count)], "num_tokens": count}


def encode(value: typing.Any) -> typing.Any:
    """A value as the server's JSON wants it: bytes as {"b64": ...}, within lists and dicts too."""
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: encode(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(each) for each in value]
    return value


def decode(value: typing.Any) -> typing.Any:
    """The reverse of `encode`."""
    if isinstance(value, dict) and value.keys() == {"b64"}:
        return base64.b64decode(value["b64"])
    if isinstance(value, dict):
        return {key: decode(each) for key, each in value.items()}
    if isinstance(value, list):
        return [decode(each) for each in value]
    return value


def _tensors(described):
    return {
        name: {
            "dtype": one["dtype"].removeprefix("DT_").lower(),
            "shape": [int(size["size"]) for size in one["tensor_shape"].get("dim", [])],
        }
        for name, one in described.items()
    }


def _explanation(error):
    """The server's own words, if it says any."""
    text = error.read().decode("utf-8", "replace")
    try:
        return json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        return text.strip()[:200] or error.reason


def _value(text, tensor):
    """A word of the command line as an input's value: text as it is, anything else as JSON."""
    if tensor["dtype"] == "string":
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise ClientError(f"{text!r} is no JSON of type {tensor['dtype']}.") from None


def read_row(words: list[str], inputs: dict[str, dict]) -> dict:
    """Reads a row from the words of a command line.

    Args:
        words: `--NAME=VALUE` each; the values of inputs that are no strings are JSON.
        inputs: the signature's inputs, each by name with `dtype` and `shape`.

    Returns:
        The values by names of inputs.

    Raises:
        ClientError: a word names no input, or its value is no JSON.
    """
    row = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.removeprefix("--")
        if not equals or name not in inputs:
            raise ClientError(f"{word!r} is no input. Write --NAME=VALUE for {', '.join(inputs)}.")
        row[name] = _value(text, inputs[name])
    return row


def _shown(tensors):
    return ", ".join(f"{name} {t['dtype']} {t['shape'][1:]}" for name, t in sorted(tensors.items()))


def main(arguments: list[str] | None = None) -> None:
    """Lists the signatures of a model, or asks one of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", help="such as http://localhost:8501/v1/models/names")
    parser.add_argument("signature", nargs="?", help="which; without, all are listed")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds of one attempt")
    parser.add_argument("--retries", type=int, default=3, help="further attempts")
    parser.add_argument("--save", help="the file that a binary output goes to")
    known, words = parser.parse_known_args(arguments)
    client = Client(known.url, known.timeout, known.retries)
    signatures = client.signatures()
    if known.signature is None:
        for name, one in sorted(signatures.items()):
            print(f"{name}: {_shown(one['inputs'])} -> {_shown(one['outputs'])}")
        return
    inputs = signatures.get(known.signature, {}).get("inputs", {})
    (answer,) = client.predict(known.signature, [read_row(words, inputs)])
    for name, value in answer.items():
        if isinstance(value, bytes) and known.save:
            with open(known.save, "wb") as file:
                file.write(value)
            value = f"written to {known.save}"
        print(f"{name}: {value}")


if __name__ == "__main__":
    try:
        main()
    except ClientError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
