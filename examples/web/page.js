// Draws images and writes texts with the models of models.js. A backend of TensorFlow.js computes
// them only if it gives the recorded answer to each model's example: not all of them do.

"use strict";

const BACKENDS = ["wasm", "webgl", "cpu"];
const NUM_COMPONENTS = 5;
const NUM_TEXTS = 8;

// ---- models

const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

async function load(model) {
  const graph = await tf.loadGraphModel({
    load: async () => ({
      modelTopology: model.topology,
      weightSpecs: model.weights,
      weightData: bytesOf(model.bytes).buffer,
      signature: model.signature,
    }),
  });
  return { graph, loops: model.loops };
}

const tensor = ({ values, shape, dtype }) => tf.tensor(values.flat(Infinity), shape, dtype);

// Asks a model; `given` is {name: {values, shape, dtype}}, the answer a flat array.
async function ask({ graph, loops }, given) {
  const { inputs, outputs } = graph.modelSignature;
  const tensors = Object.fromEntries(
    Object.entries(given).map(([name, rows]) => [inputs[name].name, tensor(rows)]));
  const [output] = Object.values(outputs);
  const answer = loops
    ? await graph.executeAsync(tensors, output.name)
    : graph.execute(tensors, output.name);
  const numbers = await answer.data();
  tf.dispose([answer, ...Object.values(tensors)]);
  return numbers;
}

function largestDifference(numbers, expected) {
  const differences = expected.map((x, i) => Math.abs(x - numbers[i]) / Math.max(1, Math.abs(x)));
  return differences.every(Number.isFinite) ? Math.max(...differences) : Infinity;
}

// The graphs of all models on the first backend that answers their examples rightly.
async function loadAll(models) {
  const refused = [];
  for (const backend of BACKENDS) {
    try {
      if (!(await tf.setBackend(backend))) throw new Error("not available");
      const graphs = [];
      for (const model of models) {
        const graph = await load(model);
        const { inputs, output } = model.example;
        const difference = largestDifference(await ask(graph, inputs), output);
        if (!(difference <= model.tolerance)) throw new Error(`${model.spec}: off by ${difference}`);
        graphs.push(graph);
      }
      return { backend, refused, graphs };
    } catch (error) {
      refused.push(`${backend} (${error.message})`);
    }
  }
  throw new Error(`No backend computes these models: ${refused.join("; ")}`);
}

// ---- random numbers: mulberry32, so that a seed shows the same on every machine

function uniforms(seed) {
  let state = (seed + 0x9e3779b9) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

function latent(seed, size, prior) {
  const random = uniforms(seed);
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const uniform = () => Math.sqrt(3) * (2 * random() - 1);
  return Array.from({ length: size }, prior === "uniform" ? uniform : normal);
}

// ---- controls

function element(parent, tag, attributes = {}, text = "") {
  const made = Object.assign(document.createElement(tag), attributes);
  made.textContent = text;
  parent.append(made);
  return made;
}

// A slider with its name and its value; `shown` writes the value.
function slider(parent, name, [min, max, step, value], changed, shown = String) {
  const label = element(parent, "label", {}, name);
  const input = element(label, "input", { type: "range", min, max, step, value, name });
  const output = element(label, "output", {}, shown(value));
  input.addEventListener("input", () => {
    output.textContent = shown(input.valueAsNumber);
    changed();
  });
  return input;
}

// Runs one job at a time: what was asked for meanwhile runs once, afterwards. Until then the section
// is busy.
function latest(section, job) {
  let running = false;
  let again = false;
  return async function start() {
    again = true;
    if (running) return;
    running = true;
    section.ariaBusy = "true";
    while (again) {
      again = false;
      await job(() => again);
    }
    section.ariaBusy = "false";
    running = false;
  };
}

// ---- images

function images(section, members) {
  const [{ model }] = members;
  const { size, classes, shape, prior } = model;
  const canvas = element(section, "canvas", { width: shape[1], height: shape[0] });
  const controls = element(section, "div");
  const draw = latest(section, async () => {
    const member = members[run ? run.valueAsNumber : 0];
    spec.textContent = member.model.spec;
    const between = towards.valueAsNumber;
    const z = latent(seed.valueAsNumber, size, prior);
    const other = latent(-1 - seed.valueAsNumber, size, prior);
    const values = z.map((x, i) =>
      Math.cos((between * Math.PI) / 2) * x + Math.sin((between * Math.PI) / 2) * other[i]);
    components.forEach((each, i) => (values[i] += each.valueAsNumber));
    const given = { latent: { values, shape: [1, size], dtype: "float32" } };
    if (classes) {
      given.label = { values: [label.valueAsNumber], shape: [1], dtype: "int32" };
    }
    paint(canvas, await ask(member, given), shape);
  });
  const run = members.length > 1 && slider(
    controls, "π", [0, members.length - 1, 1, 0], draw, (i) => members[i].model.pi);
  const label = classes && slider(controls, "class", [0, classes - 1, 1, 3], draw);
  const seed = slider(controls, "seed", [0, 999, 1, 1], draw);
  const towards = slider(controls, "towards another", [0, 1, 0.01, 0], draw);
  const components = Array.from({ length: Math.min(size, NUM_COMPONENTS) }, (_, i) =>
    slider(controls, `latent ${i + 1}, added`, [-4, 4, 0.1, 0], draw));
  const spec = element(controls, "p", { className: "spec" });
  return draw();
}

function paint(canvas, pixels, [height, width, channels]) {
  const data = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      data.data[4 * i + c] = Math.round(255 * pixels[channels * i + (channels === 3 ? c : 0)]);
    }
    data.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(data, 0, 0);
}

// ---- texts

function texts(section, member) {
  const { model } = member;
  const { length, tokens, start, end, unknown, unit } = model;
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const controls = element(section, "div");
  const separator = unit === "word" ? " " : "";

  function read(text) {
    const parts = unit === "word"
      ? text.toLowerCase().match(/[\p{L}\p{N}\p{M}']+|[^\s]/gu) || []
      : Array.from(text);
    return parts.map((part) => {
      const id = ids.has(part) ? ids.get(part) : unknown;
      if (id < 0) throw new Error(`“${part}” is not in the vocabulary.`);
      return id;
    }).slice(0, length - 1);
  }

  function choose(logits, offset, temperature, random) {
    const weights = tokens.map((_, id) => id === unknown ? -Infinity : logits[offset + id]);
    if (temperature === 0) return weights.indexOf(Math.max(...weights));
    const largest = Math.max(...weights);
    const heights = weights.map((w) => Math.exp((w - largest) / temperature));
    let left = random() * heights.reduce((a, b) => a + b, 0);
    return Math.max(0, heights.findIndex((height) => (left -= height) < 0));
  }

  const write = latest(section, async (interrupted) => {
    let prefix;
    try {
      prefix = read(prompt.value);
    } catch (error) {
      message.textContent = error.message;
      return;
    }
    message.textContent = "";
    const randoms = Array.from({ length: NUM_TEXTS }, (_, row) =>
      uniforms(1000 * seed.valueAsNumber + row));
    const rows = randoms.map(() => [...prefix]);
    const show = () => {
      list.replaceChildren();
      for (const row of rows) {
        const kept = row.slice(prefix.length).filter((id) => id !== end).map((id) => tokens[id]);
        element(list, "li", {}, [prompt.value, ...kept].join(separator));
      }
    };
    show();
    for (let time = prefix.length; time < length && !interrupted(); time++) {
      const values = rows.flatMap((row) => Array.from({ length }, (_, t) =>
        t === 0 ? start : (row[t - 1] ?? 0)));
      const shape = [NUM_TEXTS, length];
      const logits = await ask(member, { tokens: { values, shape, dtype: "int32" } });
      rows.forEach((row, i) => {
        if (row.length < time || (end >= 0 && row.at(-1) === end && time > prefix.length)) return;
        const offset = (i * length + time) * tokens.length;
        row.push(choose(logits, offset, temperature.valueAsNumber, randoms[i]));
      });
      if (interrupted()) return;
      show(); // a long text takes seconds
      if (end >= 0 && rows.every((row) => row.at(-1) === end)) break;
    }
  });

  const label = element(controls, "label", {}, "begins with");
  const prompt = element(label, "input", { type: "text", name: "prompt", maxLength: length - 1 });
  prompt.addEventListener("input", write);
  const temperature = slider(controls, "temperature", [0, 2, 0.1, 1], write);
  const seed = slider(controls, "seed", [0, 999, 1, 1], write);
  const message = element(controls, "p", { className: "spec", role: "alert" });
  const list = element(section, "ol");
  element(controls, "p", { className: "spec" }, model.spec);
  return write();
}

// ---- the page

async function main() {
  tf.wasm.setWasmPaths(WASM);
  const { backend, refused, graphs } = await loadAll(MODELS);
  const members = MODELS.map((model, i) => ({ model, ...graphs[i] }));
  const not = refused.length ? `; not ${refused.join(", ")}` : "";
  const state = document.getElementById("state");
  state.textContent = `Computed here by TensorFlow.js ${tf.version.tfjs}, ${backend}${not}.`;
  const parent = document.querySelector("main");
  const groups = Map.groupBy(members, ({ model }) => model.group);
  for (const [group, of] of groups) {
    const section = element(parent, "section", { id: `model-${group}` });
    element(section, "h2", {}, of[0].model.title);
    await (of[0].model.kind === "image" ? images(section, of) : texts(section, of[0]));
  }
  state.dataset.backend = backend;
}

main().catch((error) => {
  document.getElementById("state").textContent = error.message;
  throw error;
});
