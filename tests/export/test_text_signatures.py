"""What each signature of a text model answers, in the process that has the model."""

import itertools
import json
import types

import numpy as np
import pytest
import tensorflow as tf

from export import exporting, text_signatures
from export.ratio_estimator import RatioEstimator
from zoo import domains, spec
from zoo.errors import SpecError
from zoo.tokenizers.vocabulary import ABSENT, Vocabulary

SNOWMAN = "\N{SNOWMAN}"


def ask(signatures, name, **inputs):
    """The answer of a signature as a dict of arrays, strings decoded."""
    signature = signatures[name]
    tensors = {key: tf.constant(rows, signature.inputs[key][0]) for key, rows in inputs.items()}
    return {key: _shown(rows.numpy()) for key, rows in signature.served(tensors).items()}


def _shown(rows):
    return np.array([row.decode() for row in rows]) if rows.dtype == object else rows


def untrained(texts, level, contiguous, length=12):
    """The signatures of a model with random weights."""
    domain = domains.Text(Vocabulary.of(texts, level), length, contiguous)
    return text_signatures.build(spec.build("models", "lstm(units=8, layers=1)", domain)).signatures


@pytest.fixture(scope="module")
def words():
    return untrained(["To be, or not to be: that is the question."], "word", contiguous=True)


def log_probs(signatures, tokens, start):
    """log Q(x_t | x_{<t}) of one sequence in float64, from the signature `logits`."""
    logits = ask(signatures, "logits", tokens=[[start, *tokens[:-1]]])["logits"][0].astype(float)
    return (logits - np.log(np.exp(logits).sum(-1, keepdims=True)))[range(len(tokens)), tokens]


def ids(run, text):
    vocabulary = run.domain.vocabulary
    return [vocabulary.tokens.index(token) for token in text]


def test_score_is_the_sum_of_log_probabilities_with_the_end(names_run, names):
    vocabulary = names_run.domain.vocabulary
    answer = ask(names.signatures, "score", text=["Smith", "O"])
    for text, log_prob in zip(["Smith", "O"], answer["log_prob"], strict=True):
        tokens = [*ids(names_run, text), vocabulary.end]
        expected = log_probs(names.signatures, tokens, vocabulary.start).sum()
        np.testing.assert_allclose(log_prob, expected, rtol=1e-5)
    assert answer["num_tokens"].tolist() == [6, 2]
    assert answer["num_unknown"].tolist() == [0, 0]
    assert answer["error"].tolist() == ["", ""]


def test_score_of_a_line_is_the_models_log_prob(names_run, names):
    batch = names_run.dataset.validation.batch(0, 50, seed=0)
    texts = names_run.domain.vocabulary.decode(batch).numpy()
    answer = ask(names.signatures, "score", text=texts)
    np.testing.assert_allclose(
        answer["log_prob"], names_run.generator.log_prob(batch).numpy(), rtol=1e-5
    )


def test_an_empty_line_is_scored_as_its_end(names_run, names):
    vocabulary = names_run.domain.vocabulary
    answer = ask(names.signatures, "score", text=[""])
    expected = log_probs(names.signatures, [vocabulary.end], vocabulary.start)
    np.testing.assert_allclose(answer["log_prob"], expected, rtol=1e-5)
    assert answer["num_tokens"].tolist() == [1]


def test_running_text_is_scored_without_an_end(words):
    answer = ask(words, "score", text=["To be,", "", "be"])
    assert answer["num_tokens"].tolist() == [3, 0, 1]
    assert answer["log_prob"][1] == 0
    assert answer["log_prob"][0] < answer["log_prob"][2] < 0


def test_running_text_of_nothing_alone_is_scored_as_nothing(words):
    answer = ask(words, "score", text=[""])
    assert (answer["log_prob"][0], answer["num_tokens"][0], answer["error"][0]) == (0, 0, "")


def test_unknown_characters_are_counted(names_run, names):
    vocabulary = names_run.domain.vocabulary
    answer = ask(names.signatures, "score", text=[f"{SNOWMAN}m{SNOWMAN}", "Sm"])
    assert answer["num_unknown"].tolist() == [2, 0]
    tokens = [vocabulary.unknown, *ids(names_run, "m"), vocabulary.unknown, vocabulary.end]
    expected = log_probs(names.signatures, tokens, vocabulary.start).sum()
    np.testing.assert_allclose(answer["log_prob"][0], expected, rtol=1e-5)


def test_a_line_longer_than_any_in_training_is_scored(names_run, names):
    most = text_signatures.MOST_SCORED
    answer = ask(names.signatures, "score", text=["a" * most, "a" * (most + 1)])
    assert answer["num_tokens"].tolist() == [most + 1, 0]
    assert answer["log_prob"][0] < 0 == answer["log_prob"][1]
    assert answer["error"].tolist() == [
        "",
        f"The text has {most + 1} tokens; give one of at most {most}.",
    ]


def test_generate_draws_what_the_run_draws(names_run, names):
    answer = ask(names.signatures, "generate", prompt=["Mc"] * 20, seed=range(20))
    assert answer["text"].tolist() == names_run.samples(20, prompt="Mc")
    assert len(set(answer["text"])) > 10


def test_the_log_probability_of_a_generated_text_is_that_of_what_follows_the_prompt(
    names_run, names
):
    vocabulary, length = names_run.domain.vocabulary, names_run.domain.length
    answer = ask(names.signatures, "generate", prompt=["", "M", "Sm"] * 8, seed=range(24))
    prompts = [0, 1, 2] * 8
    for row, (text, prompt) in enumerate(zip(answer["text"], prompts, strict=True)):
        tokens = [*ids(names_run, text), vocabulary.end][:length]
        follow = log_probs(names.signatures, tokens, vocabulary.start)[prompt:]
        np.testing.assert_allclose(answer["log_prob"][row], follow.sum(), rtol=1e-5)
        assert answer["num_tokens"][row] == len(follow)


def test_a_prompt_stays_byte_for_byte(names, words):
    prompts = [f"{SNOWMAN}\u0000\n", "Zoë", "e\u0301", "a\r\n"]
    answer = ask(names.signatures, "generate", prompt=prompts, seed=range(4))
    assert all(map(str.startswith, answer["text"], prompts))
    prompts = ["TO  BE", "To be\n", SNOWMAN]
    answer = ask(words, "generate", prompt=prompts, seed=range(3))
    assert all(map(str.startswith, answer["text"], prompts))


def options(rows, **given):
    """The inputs of `generate_with_options` that are plain sampling where nothing is given."""
    plain = {"temperature": 1.0, "top_p": 1.0, "top_k": 0, "max_new_tokens": 100, "prompt": "M"}
    return {key: [value] * rows for key, value in plain.items()} | {"seed": range(rows)} | given


def test_plain_options_are_plain_sampling(names):
    inputs = options(8)
    plain = ask(names.signatures, "generate", prompt=inputs["prompt"], seed=inputs["seed"])
    answer = ask(names.signatures, "generate_with_options", **inputs)
    assert answer["text"].tolist() == plain["text"].tolist()
    np.testing.assert_allclose(answer["log_prob"], plain["log_prob"], rtol=1e-5)


def test_each_row_has_its_own_sampler(names_run, names):
    inputs = options(
        5,
        seed=[3] * 5,
        temperature=[0.7, 1.0, 1.0, 0.0, 1e-6],
        top_k=[0, 5, 0, 0, 0],
        top_p=[1.0, 1.0, 0.6, 1.0, 1.0],
    )
    answer = ask(names.signatures, "generate_with_options", **inputs)
    specs = ["temperature(temperature=0.7)", "top_k(k=5)", "nucleus(p=0.6)", *["greedy()"] * 2]
    for row, sampler in enumerate(specs):
        signatures = text_signatures.build(names_run.generator, sampler).signatures
        alone = ask(signatures, "generate", prompt=["M"], seed=[3])
        assert answer["text"][row] == alone["text"][0]
        np.testing.assert_allclose(answer["log_prob"][row], alone["log_prob"][0], rtol=1e-5)


def test_the_options_of_a_row_act_one_after_the_other(names_run, names):
    """The temperature, then the likeliest tokens, then of these the nucleus: none is left out."""

    def drawn(specs):
        samplers = [spec.build("samplers", text) for text in specs]

        def sampler(logits):
            for each in samplers:
                logits = each(logits)
            return logits

        return names_run.generator.generate(tf.range(64, dtype=tf.int64), sampler)

    inputs = options(64, prompt=[""] * 64, temperature=[0.5] * 64, top_k=[6] * 64, top_p=[0.6] * 64)
    answer = ask(names.signatures, "generate_with_options", **inputs)
    steps = ["temperature(temperature=0.5)", "top_k(k=6)", "nucleus(p=0.6)"]
    expected = drawn(steps)
    texts = _shown(names_run.domain.vocabulary.decode(expected.tokens).numpy())
    assert answer["text"].tolist() == texts.tolist()
    np.testing.assert_allclose(answer["log_prob"], expected.log_prob, rtol=1e-5)
    for without in itertools.combinations(steps, 2):
        assert np.abs(drawn(without).log_prob - expected.log_prob).max() > 0.1


def test_no_more_tokens_are_drawn_than_asked_for(names):
    inputs = options(4, prompt=["", "M", "Mc", ""], max_new_tokens=[1, 2, 3, 2**31 - 1])
    answer = ask(names.signatures, "generate_with_options", **inputs)
    whole = ask(names.signatures, "generate", prompt=inputs["prompt"], seed=inputs["seed"])
    for row, (prompt, most) in enumerate(zip(["", "M", "Mc"], [1, 2, 3], strict=True)):
        assert answer["num_tokens"][row] == min(most, whole["num_tokens"][row])
        assert answer["text"][row] == whole["text"][row][: len(prompt) + most]
    assert answer["text"][3] == whole["text"][3]


def test_options_that_cannot_be_are_told_in_their_rows(names):
    nan, inf = float("nan"), float("inf")
    inputs = options(
        10,
        temperature=[1.0, nan, -1.0, inf, 1.0, 1.0, 1.0, 1.0, 1e-30, 1e-40],
        top_p=[1.0, 1.0, 1.0, 1.0, nan, 1.5, 1.0, 1.0, 1.0, 1.0],
        top_k=[0, 0, 0, 0, 0, 0, -1, 0, 0, 0],
        max_new_tokens=[5, 5, 5, 5, 5, 5, 5, 0, 5, 5],
    )
    answer = ask(names.signatures, "generate_with_options", **inputs)
    first = [error.split(" ")[0] for error in answer["error"]]
    assert first == [
        "",
        *["temperature"] * 3,
        *["top_p"] * 2,
        "top_k",
        "max_new_tokens",
        *["temperature"] * 2,
    ]
    assert answer["text"].tolist()[1:] == [""] * 9
    alone = ask(names.signatures, "generate_with_options", **options(1, max_new_tokens=[5]))
    assert answer["text"][0] == alone["text"][0]
    np.testing.assert_allclose(answer["log_prob"][0], alone["log_prob"][0], rtol=1e-5)


def test_words_that_follow_a_prompt_stand_apart_from_it(words):
    answer = ask(words, "generate", prompt=["to be", "to be ", ""], seed=[3, 3, 1])
    first, second, third = answer["text"]
    assert first == second
    assert first.startswith("to be ")
    assert not first.startswith("to be  ")
    assert third == third.strip()
    assert third


def test_bad_rows_say_what_is_wrong_and_what_would_do(names_run, names):
    most = names_run.domain.length - 1
    prompts = [b"\xff", b"Mar", b"a" * (most + 1), b"\xc0\x80", b"\xed\xa0\x80", b"M\xc3"]
    answer = ask(names.signatures, "generate", prompt=prompts, seed=range(6))
    no_utf8 = "The prompt is not UTF-8; encode it so."
    too_long = f"The prompt has {most + 1} tokens; give one of at most {most}."
    assert answer["error"].tolist() == [no_utf8, "", too_long, no_utf8, no_utf8, no_utf8]
    bad = answer["error"] != ""
    assert answer["text"][1].startswith("Mar")
    assert not answer["text"][bad].any()
    assert not answer["log_prob"][bad].any()
    assert not answer["num_tokens"][bad].any()


def test_the_longest_prompt_leaves_room_for_one_token(names_run, names):
    most = names_run.domain.length - 1
    answer = ask(names.signatures, "generate", prompt=["a" * most], seed=[0])
    assert answer["error"].tolist() == [""]
    assert answer["num_tokens"].tolist() == [1]


@pytest.mark.parametrize("name", ["generate", "score"])
def test_a_row_answers_alike_in_any_company(names, name):
    key = "prompt" if name == "generate" else "text"
    rows = [b"Mar", b"", b"\xff", b"Mac" + b"k" * 9, b"z" * 2000, SNOWMAN.encode(), b"Mar"]
    inputs = {key: rows, **({"seed": range(7)} if name == "generate" else {})}
    together = ask(names.signatures, name, **inputs)
    for row in range(7):
        alone = ask(names.signatures, name, **{k: [v[row]] for k, v in inputs.items()})
        for output, values in alone.items():
            if output == "log_prob":
                np.testing.assert_allclose(together[output][row], values[0], rtol=1e-5)
            else:
                assert together[output][row] == values[0]


def test_a_text_that_is_too_long_takes_no_more_memory_than_the_longest_that_is_not(letters):
    widths = []

    class Model:
        domain = sequence = letters
        variables = ()

        def shift(self, tokens):
            return tokens

        def network(self, tokens):
            widths.append(tokens.shape[1])
            return tf.zeros([*tokens.shape, letters.vocabulary.size])

    score = text_signatures.build(Model()).signatures["score"].function
    score({"text": tf.constant(["a", "b" * 100_000])})
    assert widths == [text_signatures.MOST_SCORED + 1]


def test_a_seed_decides(names):
    answer = ask(names.signatures, "generate", prompt=[""] * 4, seed=[5, 6, 5, -(2**63)])
    first, second, third, fourth = answer["text"]
    assert first == third
    assert len({first, second, fourth}) == 3


def test_no_rows_are_answered_with_no_rows(names):
    answer = ask(names.signatures, "generate", prompt=np.array([], object), seed=[])
    assert all(len(rows) == 0 for rows in answer.values())


def test_ids_out_of_range_read_as_unknown(names_run, names):
    vocabulary = names_run.domain.vocabulary
    strange = [[vocabulary.start, -1, vocabulary.start + 1], [2**31 - 1, 3, -(2**31)]]
    known = [[vocabulary.start, 0, 0], [0, 3, 0]]
    answer = ask(names.signatures, "logits", tokens=strange)["logits"]
    assert answer.shape == (2, 3, vocabulary.size)
    np.testing.assert_array_equal(answer, ask(names.signatures, "logits", tokens=known)["logits"])


def test_length_and_sampler_are_decided_at_export(names_run):
    signatures = text_signatures.build(names_run.generator, "greedy()", length=4).signatures
    answer = ask(signatures, "generate", prompt=["Ma", "Ma", "Mary"], seed=[1, 2, 3])
    assert answer["text"][0] == answer["text"][1]
    assert answer["text"][2] == ""
    assert answer["error"].tolist() == [
        "",
        "",
        "The prompt has 4 tokens; give one of at most 3.",
    ]
    assert all(len(text) <= 4 for text in answer["text"])


def test_what_cannot_be_is_refused(names_run):
    with pytest.raises(SpecError, match=r"length=0 should be at least 1"):
        text_signatures.build(names_run.generator, length=0)
    with pytest.raises(SpecError, match=r"There is no 'loud' in samplers\. Known: ancestral"):
        text_signatures.build(names_run.generator, "loud()")


def test_every_answer_to_the_examples_is_valid_json(names, words):
    for signatures in (names.signatures, words):
        for name, signature in signatures.items():
            answer = ask(signatures, name, **signature.examples)
            json.dumps({key: rows.tolist() for key, rows in answer.items()}, allow_nan=False)


def test_a_model_without_unknown_and_end():
    """Every token is known and no end counts; what is no token is answered with an error."""
    domain = domains.Text(Vocabulary(["0", "1", "2"], "word"), 2, contiguous=False)
    model = spec.build("models", "table", domain)
    model.network.logits.assign(tf.random.stateless_normal(model.network.logits.shape, [0, 1]))
    signatures = text_signatures.build(model).signatures
    answer = ask(signatures, "score", text=["2 0", "1", "", "0 3"])
    start = domain.vocabulary.start
    expected = [log_probs(signatures, tokens, start).sum() for tokens in ([2, 0], [1])]
    np.testing.assert_allclose(answer["log_prob"], [*expected, 0, 0], rtol=1e-5)
    assert answer["num_tokens"].tolist() == [2, 1, 0, 0]
    assert answer["num_unknown"].tolist() == [0, 0, 0, 0]
    unreadable = "The text has tokens that are not in the vocabulary."
    assert answer["error"].tolist() == ["", "", "", unreadable]

    answer = ask(signatures, "generate", prompt=["2", "", "x"], seed=[0, 1, 2])
    assert answer["text"][0] in {"2 0", "2 1", "2 2"}
    assert set(answer["text"][1].split(" ")) <= {"0", "1", "2"}
    assert answer["num_tokens"].tolist() == [1, 2, 0]
    assert answer["error"].tolist() == ["", "", unreadable.replace("text", "prompt")]

    beyond = ask(signatures, "logits", tokens=[[start, ABSENT, start + 1]])["logits"]
    np.testing.assert_array_equal(
        beyond, ask(signatures, "logits", tokens=[[start, 0, 0]])["logits"]
    )


@pytest.mark.parametrize("model", ["lstm(units=4, layers=1)", "gru(units=4, layers=1)",
                                   "transformer(units=4, layers=1, heads=1)"])  # fmt: skip
def test_a_row_that_ends_before_others_changes_nothing_where_there_is_no_end_token(model):
    """What it is filled with, -1, is no token that the network could read."""
    domain = domains.Text(Vocabulary(["0", "1", "2"], "word"), 6, contiguous=False)
    signatures = text_signatures.build(spec.build("models", model, domain)).signatures
    options = {"temperature": 1.0, "top_p": 1.0, "top_k": 0}

    def answer(most):
        rows = {name: [value] * len(most) for name, value in options.items()}
        given = {"prompt": [""] * len(most), "seed": list(range(len(most)))}
        return ask(signatures, "generate_with_options", max_new_tokens=most, **given, **rows)

    found, whole = answer([0, 1, 6]), answer([6, 6, 6])
    assert found["num_tokens"].tolist() == [0, 1, 6]
    assert found["text"][0] == ""
    assert found["text"][1] == whole["text"][1].split(" ")[0]
    assert found["text"][2] == whole["text"][2]


def scored(contiguous):
    """A discriminator of texts of up to five letters, and the answers that it gives when served."""
    domain = domains.Text(Vocabulary.of(["abc"], "character"), 5, contiguous)
    made = "text_gan(generator='lstm(units=4, layers=1)', width=4)"
    pair = spec.build("models", made, domain)
    estimator = RatioEstimator(pair.discriminator, lambda logits: logits + 0.5)
    signatures = text_signatures.build(pair.generator, estimator=estimator).signatures
    return pair.discriminator, lambda texts: ask(signatures, "log_density_ratio", text=texts)


def test_the_ratio_of_a_text_is_the_score_of_it_with_its_end():
    discriminator, ratios = scored(contiguous=False)
    answer = ratios(["ab", "", "abcab", "abcabc", SNOWMAN])  # 2, 3 and 4 are a, b and c
    tokens = [[2, 3, 1, 1, 1], [1, 1, 1, 1, 1], [2, 3, 4, 2, 3], [0, 1, 1, 1, 1]]
    logits = discriminator(np.array(tokens, np.int32)).numpy() + 0.5
    np.testing.assert_allclose(answer["log_density_ratio"][[0, 1, 2, 4]], logits, atol=1e-6)
    assert answer["log_density_ratio"][3] == 0
    assert answer["error"][3] == "The text has 6 tokens; give one of at most 5."


def test_the_ratio_of_contiguous_text_is_the_score_of_a_prefix():
    discriminator, ratios = scored(contiguous=True)
    answer = ratios(["ab", "", "abcab"])["log_density_ratio"]
    logits = discriminator.prefix_logits(np.array([[2, 3, 4, 2, 3]], np.int32)).numpy()[0] + 0.5
    np.testing.assert_allclose(answer, [logits[1], 0, logits[4]], atol=1e-6)


def test_the_ratio_of_a_text_is_read_by_pi_of_the_last_update():
    """The third update is at step 2: r = logit - log(π / (1 - π)) with
    π = 0.5, and half of it is given."""
    schedule = "generalised_js(pi=[0.1, 0.7], pi_steps=3, weighting='loss_weights')"
    run = types.SimpleNamespace(
        model=types.SimpleNamespace(discriminator="a network"),
        objective=spec.build("objectives", schedule),
        step=3,
    )
    estimator = exporting.ratio_estimator(run, scale=0.5)
    ratios = estimator.log_density_ratio(tf.constant([-1.0, 2.0]))
    np.testing.assert_allclose(ratios, [-0.5, 1.0])


@pytest.fixture(scope="module", params=["lstm", "gru", "transformer"])
def padding(request):
    """The signatures of a random model of each kind, and its start token."""
    domain = domains.Text(Vocabulary.of(["abcdefg"], "character"), 12, contiguous=False)
    model = spec.build("models", f"{request.param}(units=8, layers=2)", domain)
    return text_signatures.build(model).signatures, domain.vocabulary.start


def padded(sequences, length, filler=0):
    """The inputs of `logits_padded` for sequences of any lengths."""
    rows = [[*tokens, *[filler] * (length - len(tokens))] for tokens in sequences]
    return {"tokens": rows, "num_tokens": [len(tokens) for tokens in sequences]}


def test_padded_logits_are_the_free_ones_for_every_length(padding):
    signatures, start = padding
    tokens = [start, *np.random.default_rng(0).integers(0, start, 11).tolist()]
    sequences = [tokens[:length] for length in range(1, 13)]
    for filler in (0, 3, -7):  # the tokens that pad change nothing
        answer = ask(signatures, "logits_padded", **padded(sequences, 12, filler))["logits"]
        assert answer.shape[:2] == (12, 12)
        for row, sequence in zip(answer, sequences, strict=True):
            free = ask(signatures, "logits", tokens=[sequence])["logits"][0]
            np.testing.assert_allclose(row[: len(sequence)], free, atol=1e-5)
            assert np.abs(free).max() > 1e-3
            assert not row[len(sequence) :].any()


def test_merged_requests_of_any_lengths_are_answered_as_alone(padding):
    """The batcher joins the rows of requests, in any company, and cuts the answers again."""
    signatures, start = padding
    random = np.random.default_rng(1)
    requests = [
        padded([[start, *random.integers(0, start, size)] for size in sizes], 12)
        for sizes in ([3], [0, 11], [5, 2, 7])
    ]
    alone = [ask(signatures, "logits_padded", **request)["logits"] for request in requests]
    for order in itertools.permutations(range(3)):
        inputs = {
            key: np.concatenate([requests[number][key] for number in order])
            for key in ("tokens", "num_tokens")
        }
        merged = ask(signatures, "logits_padded", **inputs)["logits"]
        cuts = np.cumsum([len(alone[number]) for number in order])[:-1]
        for number, rows in zip(order, np.split(merged, cuts), strict=True):
            np.testing.assert_allclose(rows, alone[number], atol=1e-5)


@pytest.mark.parametrize(("given", "read"), [(-1, 0), (0, 0), (12, 12), (99, 12)])
def test_counts_that_cannot_be_are_read_as_the_nearest(padding, given, read):
    signatures, start = padding
    answer = ask(signatures, "logits_padded", tokens=[[start] * 12], num_tokens=[given])
    assert answer["logits"].any(axis=-1).tolist() == [[t < read for t in range(12)]]
