// What the page knows: the model, the text, and what is looked at.
"use strict";

const content = JSON.parse(document.getElementById("model").textContent);
const { codec } = content;
const network = buildNetwork(content);
const isTagger = "labels" in codec;
const elements = Object.fromEntries(
  [...document.querySelectorAll("[id]")].map((element) => [element.id, element])
);

const reader = isTagger ? null : new Reader(network, codec);
const state = {
  shown: [], // tokens as they stand in the text
  typed: 0, // how many of them were typed
  place: 0, // tokens before the place that is looked at
  follows: true, // whether the place stays behind the last token
  unit: 0,
  unitChosen: false, // by the reader of the page, and not by the page
  tagged: { labels: [], probabilities: [], traces: [] },
  unknown: new Set(), // places of words that the model does not know
};
const count = () => state.shown.length;

/** The parts of the network whose units can be shown. */
const views = network.layers.flatMap((directions, layer) =>
  directions.flatMap((part, direction) => {
    let name = network.layers.length > 1 ? `layer ${layer}: ` : "";
    if (directions.length > 1) name = direction ? "backward: " : "forward: ";
    const states = (place) =>
      isTagger ? state.tagged.traces[direction][place] : reader.places[place + 1].shown[layer];
    const range = part.activation === "sigmoid" ? [0, 1] : [-1, 1];
    const outputs = {
      name: `${name}outputs h`,
      units: part.units,
      range,
      valuesAt: (place) => states(place)[0],
      valueAt: (place, unit) => states(place)[0][unit],
    };
    if (part.cell !== "lstm") return [outputs];
    const cells = {
      ...outputs,
      name: `${name}cells, tanh c`,
      valuesAt: (place) => states(place)[1].map(Math.tanh),
      valueAt: (place, unit) => Math.tanh(states(place)[1][unit]),
    };
    return [outputs, cells];
  })
);
let view = views[0];

const topKs = [];
for (const step of [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000]) {
  if (!isTagger && step < codec.tokens.length) topKs.push(step);
}
topKs.push(Infinity);

function settings() {
  return {
    temperature: Number(elements.temperature.value),
    topK: topKs[elements["top-k"].value],
    forbidden: codec.forbidden,
  };
}

/** The text from one place to another. */
function textOf(from, to) {
  let text = "";
  for (let place = from; place < to; place++) {
    if (place > from) text += blankBefore(place);
    text += endsSentence(place) ? "\n" : state.shown[place];
  }
  return text;
}

/** Whether a token is the mark behind the words of a sentence. */
const endsSentence = (place) => codec.unit === "word" && reader.ids[place] === codec.end;

/** What stands between a token and the one before it. */
function blankBefore(place) {
  if (endsSentence(place - 1)) return "";
  const [before, token] = [state.shown[place - 1], state.shown[place]];
  return endsSentence(place) ? " " : blankBetween(codec, before, token);
}
