// Asks a TensorFlow.js model in Node: node ask_tfjs.cjs FOLDER < inputs.json > outputs.json
//
// An input or output is {"shape", "dtype", "bytes"}, the bytes hexadecimal and little-endian. The
// backend is WebAssembly's, or the one in plain JavaScript where that lacks an operation.

const fs = require("fs");
const path = require("path");
const tf = require("@tensorflow/tfjs");
require("@tensorflow/tfjs-backend-wasm");

const read = (folder) => ({
  load: async () => {
    const model = JSON.parse(fs.readFileSync(path.join(folder, "model.json")));
    const groups = model.weightsManifest;
    const parts = groups.flatMap((group) => group.paths).map((p) =>
      fs.readFileSync(path.join(folder, p)));
    const bytes = new Uint8Array(Buffer.concat(parts));
    return {
      modelTopology: model.modelTopology,
      weightSpecs: groups.flatMap((group) => group.weights),
      weightData: bytes.buffer,
      signature: model.signature,
      userDefinedMetadata: model.userDefinedMetadata,
    };
  },
});

const tensor = ({ shape, dtype, bytes }) => {
  const buffer = new Uint8Array(Buffer.from(bytes, "hex")).buffer;
  const values = dtype === "int32" ? new Int32Array(buffer) : new Float32Array(buffer);
  return tf.tensor(values, shape, dtype);
};

const numbers = (rows) => {
  const values = rows.dataSync();
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return { shape: rows.shape, dtype: rows.dtype, bytes: bytes.toString("hex") };
};

const ask = async (backend, folder, request) => {
  if (!(await tf.setBackend(backend))) throw new Error(`there is no backend ${backend}`);
  const model = await tf.loadGraphModel(read(folder));
  const { inputs, outputs } = model.modelSignature;
  const given = Object.fromEntries(
    Object.entries(request).map(([name, rows]) => [inputs[name].name, tensor(rows)]));
  const names = Object.keys(outputs);
  const answer = await model.executeAsync(given, names.map((name) => outputs[name].name));
  const list = Array.isArray(answer) ? answer : [answer];
  return Object.fromEntries(names.map((name, i) => [name, numbers(list[i])]));
};

const main = async () => {
  console.warn = console.log = () => {};
  const request = JSON.parse(fs.readFileSync(0));
  const folder = process.argv[2];
  const answer = await ask("wasm", folder, request).catch(() => ask("cpu", folder, request));
  process.stdout.write(JSON.stringify(answer));
};

main().catch((error) => {
  console.error(`TensorFlow.js fails at the converted model: ${error.message || error}`);
  process.exit(1);
});
