// The forward pass of recurrent networks, and drawing from what they predict. It touches no
// document: a page, or any engine of JavaScript, hands it what model_page.py wrote.
"use strict";

// ---- Numbers -----------------------------------------------------------------------------------

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of base64 text that holds float16, the lower byte of each first. */
function decodeHalves(text) {
  const places = new Uint8Array(128);
  for (let k = 0; k < 64; k++) places[BASE64.charCodeAt(k)] = k;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3);
  for (let from = 0, to = 0; from < text.length; from += 4, to += 3) {
    const three =
      (places[text.charCodeAt(from)] << 18) |
      (places[text.charCodeAt(from + 1)] << 12) |
      (places[text.charCodeAt(from + 2)] << 6) |
      places[text.charCodeAt(from + 3)];
    bytes[to] = three >> 16;
    bytes[to + 1] = three >> 8;
    bytes[to + 2] = three;
  }
  const values = new Float32Array((bytes.length - padding) / 2);
  for (let k = 0; k < values.length; k++) {
    values[k] = HALVES[bytes[2 * k] | (bytes[2 * k + 1] << 8)];
  }
  return values;
}

/** The value of each float16, by its 16 bits: a sign, an exponent of 5, a fraction of 10. */
const HALVES = Float32Array.from({ length: 1 << 16 }, (_, bits) => {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
  return bits >> 15 ? -size : size;
});

/** A matrix [rows, columns], or a vector as one row. */
function decodeArray({ shape, halves, rest }) {
  const values = decodeHalves(halves);
  if (rest) decodeHalves(rest).forEach((value, k) => (values[k] += value));
  const columns = shape[shape.length - 1];
  return { rows: shape.length > 1 ? shape[0] : 1, columns, values };
}

function rowOf(matrix, k) {
  return matrix.values.subarray(k * matrix.columns, (k + 1) * matrix.columns);
}

/** sums += x W: four rows at a time, so that the sums are read and written a fourth as often. */
function addProduct(sums, x, { rows, columns, values }) {
  let i = 0;
  for (; i + 3 < rows; i += 4) {
    const [a, b, c, d] = [x[i], x[i + 1], x[i + 2], x[i + 3]];
    const first = i * columns;
    const second = first + columns;
    const third = second + columns;
    const fourth = third + columns;
    for (let j = 0; j < columns; j++) {
      const half = a * values[first + j] + b * values[second + j];
      sums[j] += half + c * values[third + j] + d * values[fourth + j];
    }
  }
  for (; i < rows; i++) {
    const a = x[i];
    const row = i * columns;
    for (let j = 0; j < columns; j++) sums[j] += a * values[row + j];
  }
}

/** x W + b. */
function affine(x, W, b) {
  const sums = new Float64Array(W.columns);
  if (b) sums.set(b.values);
  addProduct(sums, x, W);
  return sums;
}

function logSumExp(values) {
  let largest = -Infinity;
  for (const value of values) if (value > largest) largest = value;
  if (largest === -Infinity) return largest;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}

function logSoftmax(values) {
  const total = logSumExp(values);
  return values.map((value) => value - total);
}

/** The place of the largest value; the first of equal ones. */
function placeOfLargest(values) {
  let place = 0;
  for (let k = 1; k < values.length; k++) if (values[k] > values[place]) place = k;
  return place;
}

// ---- Cells: from what the input yields, side by side, and the states to the next states --------

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const hardSigmoid = (x) => Math.min(1, Math.max(0, 0.2 * x + 0.5));

/** h W_h, with the bias that it may have. */
const recurrentProduct = (layer, h) => affine(h, layer.Wh, layer.bh);

const CELLS = {
  elman: {
    states: 1,
    blocks: 1,
    step(layer, projected, [h]) {
      const product = recurrentProduct(layer, h);
      const activation = layer.activation === "sigmoid" ? sigmoid : Math.tanh;
      return [Float32Array.from(product, (sum, k) => activation(projected[k] + sum))];
    },
  },

  // c = f c + i g, h = o tanh(c); blocks i, f, o, g.
  lstm: {
    states: 2,
    blocks: 4,
    step(layer, projected, [h, c]) {
      const n = h.length;
      const sums = recurrentProduct(layer, h);
      const [after, cells] = [new Float32Array(n), new Float32Array(n)];
      for (let k = 0; k < n; k++) {
        const i = sigmoid(projected[k] + sums[k]);
        const f = sigmoid(projected[n + k] + sums[n + k]);
        const o = sigmoid(projected[2 * n + k] + sums[2 * n + k]);
        const g = Math.tanh(projected[3 * n + k] + sums[3 * n + k]);
        cells[k] = f * c[k] + i * g;
        after[k] = o * Math.tanh(cells[k]);
      }
      return [after, cells];
    },
  },

  // n = tanh(p_n + r (h W_n)), h = (1 - z) n + z h; blocks r, z, n.
  gru: {
    states: 1,
    blocks: 3,
    step(layer, projected, [h]) {
      const n = h.length;
      const sums = recurrentProduct(layer, h);
      return [
        h.map((before, k) => {
          const r = sigmoid(projected[k] + sums[k]);
          const z = sigmoid(projected[n + k] + sums[n + k]);
          const candidate = Math.tanh(projected[2 * n + k] + r * sums[2 * n + k]);
          return (1 - z) * candidate + z * before;
        }),
      ];
    },
  },

  // The same with the reset gate before the product, n = tanh(p_n + (r h) W_n), and hard gates.
  "gru-tutorial": {
    states: 1,
    blocks: 3,
    step(layer, projected, [h]) {
      const n = h.length;
      const sums = recurrentProduct(layer, h);
      const reset = h.map((before, k) => hardSigmoid(projected[k] + sums[k]) * before);
      const ofReset = recurrentProduct(layer, reset);
      return [
        h.map((before, k) => {
          const z = hardSigmoid(projected[n + k] + sums[n + k]);
          const candidate = Math.tanh(projected[2 * n + k] + ofReset[2 * n + k]);
          return (1 - z) * candidate + z * before;
        }),
      ];
    },
  },
};

// ---- Layers ------------------------------------------------------------------------------------

/** A part of the network with its parameters in place of their names. */
function withArrays(part, arrays) {
  if (Array.isArray(part)) return part.map((one) => withArrays(one, arrays));
  if (part && typeof part === "object") {
    return Object.fromEntries(Object.entries(part).map(([k, v]) => [k, withArrays(v, arrays)]));
  }
  return typeof part === "string" && arrays.has(part) ? arrays.get(part) : part;
}

/** The network that model_page.py described. */
function buildNetwork({ network, arrays }) {
  const decoded = Object.entries(arrays).map(([name, array]) => [name, decodeArray(array)]);
  return withArrays(network, new Map(decoded));
}

function firstStates(layer) {
  const zero = () => new Float32Array(layer.units);
  const states = Array.from({ length: CELLS[layer.cell].states }, zero);
  (layer.first || []).forEach((values, k) => states[k].set(values.values));
  return states;
}

/** One step of a layer; of a layer without W_x the input is projected already. */
function stepLayer(layer, x, states) {
  const projected = layer.Wx ? affine(x, layer.Wx, layer.b) : x;
  if (layer.Wx || !layer.b) return CELLS[layer.cell].step(layer, projected, states);
  const biased = Float64Array.from(projected, (value, k) => value + layer.b.values[k]);
  return CELLS[layer.cell].step(layer, biased, states);
}

/** The embedding of a token; zeros for -1. */
function embed({ table, scale }, id) {
  if (id < 0) return new Float32Array(table.columns);
  const row = rowOf(table, id);
  return scale === 1 ? row : row.map((value) => value * scale);
}

/** Unnormalized log-probabilities of all tokens, or of all labels. */
const OUTPUTS = {
  softmax: ({ W, b }, h) => affine(h, W, b),

  tied({ table, b }, h) {
    return Float64Array.from({ length: table.rows }, (_, id) => {
      const row = rowOf(table, id);
      let sum = b ? b.values[id] : 0;
      for (let k = 0; k < h.length; k++) sum += h[k] * row[k];
      return sum;
    });
  },

  // The head has the frequent tokens and an entry for each cluster; ids are ranks of frequency,
  // but for the last one, whose rank is the first.
  adaptive({ W, b, clusters }, h) {
    const head = logSoftmax(affine(h, W, b));
    const frequent = head.length - clusters.length;
    const ranked = Array.from(head.subarray(0, frequent));
    clusters.forEach((cluster, k) => {
      const within = logSoftmax(affine(affine(h, cluster.P), cluster.W, cluster.b));
      for (const value of within) ranked.push(head[frequent + k] + value);
    });
    return Float64Array.from([...ranked.slice(1), ranked[0]]);
  },
};

const logitsOf = (network, h) => OUTPUTS[network.output.kind](network.output, h);

// ---- Language models ---------------------------------------------------------------------------

/** Reads tokens one after another, and keeps the states behind each of them. */
class Reader {
  constructor(network, codec) {
    this.network = network;
    this.codec = codec;
    this.ids = [];
    const zero = network.layers.map(([layer]) => firstStates(layer));
    // Of each place `shown`, the states behind its token, and `next`, what the next token is
    // predicted from: where a sentence ends that is the start of the next one.
    this.places = [{ shown: zero, next: this.step(codec.start, zero) }];
  }

  /** The states of all layers after another token. */
  step(id, states) {
    let x = embed(this.network.embedding, id);
    return this.network.layers.map(([layer], k) => {
      const after = stepLayer(layer, x, states[k]);
      x = after[0];
      return after;
    });
  }

  append(id) {
    const { start, end, carries } = this.codec;
    const shown = this.step(id, this.places[this.ids.length].next);
    let next = shown;
    if (id === end) next = carries ? this.step(start, shown) : this.places[0].next;
    this.ids.push(id);
    this.places.push({ shown, next });
  }

  /** Forget all but the first tokens. */
  cut(length) {
    this.ids.length = length;
    this.places.length = length + 1;
  }

  /** Unnormalized log-probabilities of the token that follows so many ones. */
  logits(length) {
    const last = this.places[length].next[this.network.layers.length - 1];
    return logitsOf(this.network, last[0]);
  }

  /** The states behind a token: of a layer its output, or of an LSTM (1) its cells. */
  states(place, layer, state) {
    return this.places[place + 1].shown[layer][state];
  }
}

// ---- Drawing -----------------------------------------------------------------------------------

const softmax = (logits) => logSoftmax(logits).map(Math.exp);

/** Probabilities at a temperature, among the likeliest topK and without the forbidden ones. */
function drawnFrom(logits, { temperature, topK, forbidden }) {
  const allowed = Float64Array.from(logits);
  for (const id of forbidden) allowed[id] = -Infinity;
  if (temperature === 0) {
    const likeliest = placeOfLargest(allowed);
    return allowed.map((_, id) => Number(id === likeliest));
  }
  if (topK < allowed.length) {
    const least = Float64Array.from(allowed).sort()[allowed.length - topK];
    let equals = topK - allowed.filter((value) => value > least).length; // of which there is room
    allowed.forEach((value, id) => {
      if (value < least || (value === least && equals-- <= 0)) allowed[id] = -Infinity;
    });
  }
  return softmax(allowed.map((value) => value / temperature));
}

/** A place, in proportion to the probabilities; `random` from 0 to 1. */
function draw(probabilities, random) {
  let remaining = random;
  let last = 0;
  for (let id = 0; id < probabilities.length; id++) {
    if (probabilities[id] === 0) continue;
    last = id;
    remaining -= probabilities[id];
    if (remaining < 0) break;
  }
  return last;
}
