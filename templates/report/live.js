"use strict";
/* The live part of a report. Everything is int8, as on the device; `infer` is the device's own code. */
(() => {
  const byId = name => document.getElementById("live-" + name);
  const data = JSON.parse(byId("data").textContent);
  const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const int8 = text => new Int8Array(bytes(text).buffer);
  const wasm = new WebAssembly.Instance(new WebAssembly.Module(bytes(data.module))).exports;
  wasm.start();

  const size = data.shape.reduce((product, extent) => product * extent, 1);
  /* As a picture: height, width and channels; (features) is one row, (time, channels) is grey. */
  const [height, width, channels] =
    data.shape.length === 1 ? [1, size, 1]
    : data.shape.length === 2 ? [data.shape[0], data.shape[1], 1]
    : [data.shape[0], size / data.shape[0] / data.shape.at(-1), data.shape.at(-1)];
  const coloured = channels === 3;
  const columns = coloured ? width : width * channels;

  /* One inference: int8 input to int8 outputs. */
  function infer(input) {
    new Int8Array(wasm.memory.buffer, wasm.input(), size).set(input);
    wasm.infer();
    if (!wasm.whole()) throw new Error("a guard of the arena was overwritten");
    return new Int8Array(wasm.memory.buffer, wasm.output(), data.outputs).slice();
  }

  /* Where the build has a front end: int16 samples to the network's input, by the device's code. */
  const sound = data.sound && {
    reset: () => wasm.sound_reset(),
    push(samples) {
      let frames = 0;
      for (let at = 0; at < samples.length; at += data.sound.hop) {
        const part = samples.subarray(at, at + data.sound.hop);
        new Int16Array(wasm.memory.buffer, wasm.sound_samples(), part.length).set(part);
        frames += wasm.sound_push(part.length);
      }
      return frames;
    },
    input() {
      wasm.sound_input();
      return new Int8Array(wasm.memory.buffer, wasm.input(), size).slice();
    },
  };

  const best = scores => scores.indexOf(Math.max(...scores));
  const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

  /* How far the label leads, in output steps: 0 or less once another class is as high. */
  function lead(scores, label) {
    let other = -Infinity;
    for (let i = 0; i < scores.length; i++) if (i !== label) other = Math.max(other, scores[i]);
    return scores[label] - other;
  }

  /* Mulberry32: seeded, so that the same clicks give the same answer. */
  function randomFrom(seed) {
    return () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  /* Square Attack for L-infinity (Andriushchenko et al. 2020): it asks the network, and needs no
   * gradient. Gives the most damaging input and the queries taken. */
  function* square(clean, label, eps, queries) {
    const random = randomFrom(eps * 7919 + label);
    const side = () => (random() < 0.5 ? -eps : eps);
    const moved = (i, delta) => clamp(clean[i] + delta, -128, 127);
    const rows = channels === 3 || channels === 1 ? width : columns;
    const depth = size / height / rows;
    let point = new Int8Array(size);
    for (let x = 0; x < rows; x++)
      for (let c = 0; c < depth; c++) {
        const delta = side();
        for (let y = 0; y < height; y++) {
          const i = (y * rows + x) * depth + c;
          point[i] = moved(i, delta);
        }
      }
    let margin = lead(infer(point), label), asked = 1, told = performance.now();
    const halves = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];
    while (asked < queries && margin >= 0) {
      const at = (asked / queries) * 10000;
      const share = 0.8 / 2 ** halves.filter(step => at > step).length;
      const edge = Math.max(1, Math.round(Math.sqrt(share * height * rows)));
      const high = Math.min(edge, height), wide = Math.min(edge, rows);
      const top = Math.floor(random() * (height - high + 1));
      const left = Math.floor(random() * (rows - wide + 1));
      const next = point.slice();
      for (let c = 0; c < depth; c++) {
        const delta = side();
        for (let y = top; y < top + high; y++)
          for (let x = left; x < left + wide; x++) {
            const i = (y * rows + x) * depth + c;
            next[i] = moved(i, delta);
          }
      }
      const found = lead(infer(next), label);
      asked++;
      if (found <= margin) [point, margin] = [next, found];
      if (performance.now() - told > 50) {
        yield { point, asked };
        told = performance.now();
      }
    }
    yield { point, asked };
  }

  let clean = new Int8Array(size).fill(data.blank), shown = clean.slice(), turn = 0;
  let example = -1; /* none: drawn */

  function paint() {
    const canvas = byId("input"), scale = Math.max(1, Math.round(280 / Math.max(height, columns)));
    canvas.width = columns;
    canvas.height = height;
    canvas.style.width = `${columns * scale}px`;
    const picture = new ImageData(columns, height);
    for (let p = 0; p < height * columns; p++)
      for (let c = 0; c < 3; c++)
        picture.data[4 * p + c] = 128 + shown[coloured ? 3 * p + c : p];
    for (let p = 0; p < height * columns; p++) picture.data[4 * p + 3] = 255;
    canvas.getContext("2d").putImageData(picture, 0, 0);
  }

  function show(said) {
    const scores = infer(shown), top = best(scores);
    paint();
    byId("scores").replaceChildren(...Array.from(scores, (score, i) => {
      const row = document.createElement("li"), bar = document.createElement("meter");
      bar.min = -128;
      bar.max = 127;
      bar.value = score;
      row.append(`${data.classes[i]} `, bar, ` ${score}`);
      if (i === top && scores.length > 1) row.className = "top";
      return row;
    }));
    const far = shown.reduce((most, value, i) => Math.max(most, Math.abs(value - clean[i])), 0);
    byId("note").textContent = `${data.shape.join(" x ")} int8, ${far} steps from the clean input`;
    byId("said").textContent = said;
  }

  function start(input, from) {
    turn++;
    clean = input.slice();
    shown = clean.slice();
    example = from;
    const label = from < 0 ? "" : `the example's class: ${data.classes[data.labels[from]]}`;
    show(label);
  }

  /* The label that an attack leads away from: the example's, or what the network says of a drawing. */
  const label = () => (example < 0 ? best(infer(clean)) : data.labels[example]);

  async function attack() {
    const mine = ++turn, place = Number(byId("eps").value), eps = data.eps[place];
    const name = byId("attack").value, from = label();
    const verdict = (point, how) => {
      shown = point;
      const now = best(infer(point));
      const fell = now !== from;
      show(`${how}: ${fell ? `taken for ${data.classes[now]}` : `still ${data.classes[from]}`}`);
    };
    if (eps === 0) return verdict(clean.slice(), "eps 0");
    if (name !== "Square") {
      if (example < 0) return show(`${name} was computed for the examples: take one, or use Square`);
      return verdict(int8(data.attacks[name][place - 1][example]), `${name}, eps ${eps}`);
    }
    const queries = clamp(Math.round(Number(byId("queries").value)) || 1, 1, 100000);
    for (const { point, asked } of square(clean, from, eps, queries)) {
      if (mine !== turn) return; /* something else was asked for in between */
      verdict(point.slice(), `Square, eps ${eps}, ${asked} queries`);
      await new Promise(resolve => setTimeout(resolve));
    }
  }

  function draw(event) {
    if (!(event.buttons & 1)) return;
    const canvas = byId("input"), box = canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const y = Math.floor(((event.clientY - box.top) / box.height) * height);
    if (x < 0 || y < 0 || x >= columns || y >= height) return;
    const value = Number(byId("brush").value), next = clean.slice();
    const depth = coloured ? 3 : 1;
    next.fill(value, (y * columns + x) * depth, (y * columns + x + 1) * depth);
    start(next, -1);
    byId("example").value = "-1";
  }

  /* A picture of the user's own, cropped to the input's proportions and shrunk by the browser. */
  async function take(file) {
    const picture = await createImageBitmap(file);
    const scale = Math.min(picture.width / width, picture.height / height);
    const [across, down] = [width * scale, height * scale];
    const canvas = new OffscreenCanvas(width, height), pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture, (picture.width - across) / 2, (picture.height - down) / 2, across, down, 0, 0, width, height);
    const { data: rgba } = pen.getImageData(0, 0, width, height);
    const taken = new Int8Array(size);
    for (let p = 0; p < height * width; p++) {
      const [red, green, blue] = rgba.slice(4 * p, 4 * p + 3);
      if (coloured) taken.set([red - 128, green - 128, blue - 128], 3 * p);
      else taken[p] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue) - 128;
    }
    byId("example").value = "-1";
    start(taken, -1);
  }

  /* The microphone, at the front end's rate: the browser resamples. */
  let hearing = null;
  async function hear() {
    if (hearing) return hush("");
    const plain = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: plain });
      const context = new AudioContext({ sampleRate: data.sound.rate });
      hearing = { stream, context };
      const node = context.createScriptProcessor(1024, 1, 1);
      node.onaudioprocess = event => {
        if (!hearing) return;
        const heard = event.inputBuffer.getChannelData(0);
        sound.push(Int16Array.from(heard, value => clamp(Math.round(value * 32768), -32768, 32767)));
        const input = sound.input();
        start(input, -1);
        byId("said").textContent = `heard: ${data.classes[best(infer(input))]}`;
      };
      context.createMediaStreamSource(stream).connect(node);
      node.connect(context.destination);
      await context.resume();
    } catch (error) {
      return hush(`no microphone: ${error.message}`);
    }
    sound.reset();
    byId("example").value = "-1";
    byId("microphone").textContent = "stop";
  }

  function hush(said) {
    if (hearing) {
      for (const track of hearing.stream.getTracks()) track.stop();
      hearing.context.close();
    }
    hearing = null;
    byId("microphone").textContent = "microphone";
    if (said) byId("said").textContent = said;
  }

  const options = (select, names) => select.replaceChildren(...names.map(([value, text]) => new Option(text, value)));
  options(byId("example"), [
    [-1, "my own"],
    ...data.labels.map((one, i) => [i, `${i}: ${data.classes[one]}`]),
  ]);
  options(byId("attack"), [...Object.keys(data.attacks), "Square"].map(name => [name, name]));
  byId("eps").max = data.eps.length - 1;
  byId("example").onchange = event => {
    const chosen = Number(event.target.value);
    start(chosen < 0 ? clean : int8(data.inputs[chosen]), chosen);
  };
  byId("eps").oninput = event => {
    byId("eps-shown").textContent = data.eps[Number(event.target.value)];
    if (byId("attack").value !== "Square") attack();
  };
  byId("attack").onchange = () => { if (byId("attack").value !== "Square") attack(); };
  byId("run").onclick = attack;
  byId("clear").onclick = () => {
    byId("example").value = "-1";
    start(new Int8Array(size).fill(data.blank), -1);
  };
  byId("file").parentElement.hidden = !data.picture;
  byId("file").onchange = event => {
    if (event.target.files.length)
      take(event.target.files[0]).catch(() => show("this file is no picture that the browser reads"));
  };
  byId("hear").hidden = !sound;
  byId("microphone").onclick = hear;
  byId("input").onpointerdown = byId("input").onpointermove = draw;

  document.querySelector(".live").hidden = false;
  if (data.inputs.length) byId("example").value = "0";
  start(data.inputs.length ? int8(data.inputs[0]) : clean, data.inputs.length ? 0 : -1);
  /* For tests, and for those who open the console. */
  window.tinyrob = { data, infer, int8, square, sound, hear };
})();
