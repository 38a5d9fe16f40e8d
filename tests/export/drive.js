// Moves each control of examples/web's page and writes into the page what changed.

const pause = () => new Promise((done) => setTimeout(done, 50));

const complaints = [];
addEventListener("error", (event) => complaints.push(event.message));
addEventListener("unhandledrejection", (event) => complaints.push(String(event.reason)));

async function until(holds) {
  for (let waited = 0; waited < 400; waited++) {
    if (holds()) return true;
    await pause();
  }
  return false;
}

// What a section shows: its picture, or its texts.
function shown(section) {
  const canvas = section.querySelector("canvas");
  return canvas ? canvas.toDataURL() : section.querySelector("ol").textContent;
}

async function move(section, input, value) {
  const before = shown(section);
  input.value = value;
  input.dispatchEvent(new Event("input"));
  return until(() => section.ariaBusy === "false" && shown(section) !== before);
}

async function drive() {
  const state = document.getElementById("state");
  await until(() => state.dataset.backend || complaints.length);
  const changed = {};
  for (const section of document.querySelectorAll("section")) {
    for (const input of section.querySelectorAll("input")) {
      const value = input.type === "text" ? "Mc" : input.value === input.max ? input.min : input.max;
      changed[`${section.id} ${input.name}`] = await move(section, input, value);
    }
  }
  const texts = [...document.querySelectorAll("li")].map((item) => item.textContent);
  const result = { backend: state.dataset.backend, state: state.textContent, changed, texts };
  const place = document.createElement("pre");
  place.id = "driven";
  place.textContent = JSON.stringify({ ...result, complaints });
  document.body.append(place);
}

drive();
