// The text, and what the model expects, as elements of the page.
"use strict";

const MOST_BARS = 12;
// Signs of labels by color; legible to the color-blind, on light and dark.
const LABEL_COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#4f9bd9", "#7a6fd0"];

/** Show everything again whose tokens changed from a place on. */
function changed(from) {
  if (state.follows) state.place = count();
  heatMap.forget(from);
  showText(from);
  if (!state.unitChosen && count() > 1 && !run.frame) state.unit = variedUnits()[0];
  showUnits();
  showPlace();
}

function showText(from) {
  const { text } = elements;
  const kept = isTagger ? 0 : Math.min(from, text.childNodes.length);
  while (text.childNodes.length > kept) text.lastChild.remove();
  for (let place = kept; place < count(); place++) text.append(tokenElement(place));
  for (let place = kept; place < count(); place++) colorToken(place);
  if (state.follows && !isTagger) text.scrollTop = text.scrollHeight;
}

function tokenElement(place) {
  const token = state.shown[place];
  const element = document.createElement("span");
  element.className = "token";
  if (state.unknown.has(place)) element.classList.add("unknown");
  if (isTagger) {
    const label = codec.labels[state.tagged.labels[place]];
    element.append(token, " ", labelElement(label));
    return element;
  }
  if (place < state.typed) element.classList.add("typed");
  if (endsSentence(place)) element.classList.add("end");
  if (token === "\n") element.classList.add("newline");
  element.textContent = endsSentence(place) ? "¶" : token;
  const around = document.createElement("span");
  const isFirst = place > 0 && endsSentence(place - 1);
  around.append(isFirst ? "\n" : place > 0 ? blankBefore(place) : "", element);
  return around;
}

function labelElement(label) {
  const element = document.createElement("span");
  element.className = "label";
  const kind = kindOf(label);
  const color = LABEL_COLORS[kinds.indexOf(kind) % LABEL_COLORS.length];
  if (label !== "O") element.style.borderColor = color;
  element.textContent = label;
  return element;
}

/** What stands behind a label's first dash, or all of it. */
const kindOf = (label) => label.slice(label.indexOf("-") + 1);
const kinds = isTagger ? [...new Set(codec.labels.map(kindOf))] : [];

const elementOf = (place) => {
  const child = elements.text.childNodes[place];
  return child && (child.classList.contains("token") ? child : child.lastChild);
};

function colorToken(place) {
  const element = elementOf(place);
  if (!elements.colored.checked) {
    element.style.backgroundColor = "";
    element.removeAttribute("title");
    return;
  }
  const value = view.valueAt(place, state.unit);
  element.style.backgroundColor = `rgb(${shadeOf(textShades(), value, view.range).slice(0, 3)})`;
  element.title = `unit ${state.unit}: ${signed(value)}`;
}

let shades = null;
const textShades = () => (shades = shades || palette(["--text-low", "--text-none", "--text-high"]));

function colorText() {
  elements.text.classList.toggle("colors", elements.colored.checked);
  for (let place = 0; place < count(); place++) colorToken(place);
}

const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);

/** The token before a place, for people. */
function tokenName(place) {
  if (isTagger || codec.unit === "word") return `“${state.shown[place]}”`;
  const [sign, name] = signOf(codec, reader.ids[place]);
  return sign === name ? `“${name}”` : name;
}

let hereElement = null; // the token before the place that is looked at, if it is marked

/** The place that is looked at: what follows there, and what the unit holds. */
function showPlace() {
  const { place } = state;
  const { position } = elements;
  position.min = isTagger ? Math.min(1, count()) : 0;
  [position.max, position.value] = [count(), place];
  position.disabled = !count();
  const name = place ? tokenName(place - 1) : "the beginning";
  const said = isTagger ? name : place ? `after ${name}` : name;
  elements["position-value"].textContent = `${place} of ${count()}`;
  position.setAttribute("aria-valuetext", `${place} of ${count()}, ${said}`);
  if (hereElement) hereElement.classList.remove("here");
  hereElement = place && (isTagger || place < count()) ? elementOf(place - 1) : null;
  if (hereElement) hereElement.classList.add("here");
  if (isTagger) elements["bars-title"].textContent = place ? `Labels of ${name}` : "Labels";
  else elements.place.textContent = place && place === count() ? `${said}, the last one` : said;
  showBars();
  heatMap.mark(elements.colored.checked ? state.unit : null, place - 1);
  showValue(state.unit, place - 1);
}

function showValue(unit, place) {
  const { value } = elements;
  value.textContent = "";
  if (place < 0 || place >= count()) return;
  const held = signed(view.valueAt(place, unit));
  value.textContent = `Unit ${unit} ${isTagger ? "at" : "after"} ${tokenName(place)}: ${held}`;
}

function showBars() {
  const { place } = state;
  let own, drawn;
  if (isTagger) {
    own = drawn = place ? state.tagged.probabilities[place - 1] : [];
  } else {
    const logits = reader.logits(place);
    [own, drawn] = [softmax(logits), drawnFrom(logits, settings())];
  }
  const shown = firstOf(own, (a, b) => drawn[b] - drawn[a] || own[b] - own[a]);
  const largest = Math.max(0, ...shown.map((id) => Math.max(drawn[id], own[id])));
  const width = [0.1, 0.25, 0.5, 1].find((end) => end >= largest - 1e-9) || 1;
  const { bars } = elements;
  while (bars.childNodes.length > shown.length) bars.lastChild.remove();
  while (bars.childNodes.length < shown.length) bars.append(barElement());
  const came = isTagger ? state.tagged.labels[place - 1] : reader.ids[place];
  shown.forEach((id, k) => fillBar(bars.childNodes[k], id, drawn[id], own[id], width, id === came));
  const rest = own.length - shown.length;
  const more = rest > 0 ? ` ${rest.toLocaleString("en")} more are less likely.` : "";
  elements["bars-note"].textContent = !shown.length
    ? "Type a sentence: each word gets a label."
    : isTagger
      ? `A full bar is ${100 * width}%.${more}`
      : `A full bar is ${100 * width}%; the thin line is the model's own probability, without ` +
        `temperature and top k.${more} Choose one to go on with it.`;
}

/** The places of the values that come first, without all of them being sorted. */
function firstOf(values, compare) {
  const first = [];
  values.forEach((_, id) => {
    if (first.length === MOST_BARS && compare(id, first[MOST_BARS - 1]) >= 0) return;
    const after = first.findIndex((other) => compare(id, other) < 0);
    first.splice(after < 0 ? first.length : after, 0, id);
    first.length = Math.min(first.length, MOST_BARS);
  });
  return first;
}

function barElement() {
  const item = document.createElement("li");
  const bar = document.createElement(isTagger ? "div" : "button");
  bar.className = "bar";
  if (!isTagger) bar.type = "button";
  bar.append(spanOf("sign"), spanOf("unseen"), spanOf("track"), spanOf("percent"));
  bar.children[2].append(spanOf("fill"), spanOf("own"));
  item.append(bar);
  return item;
}

function spanOf(className) {
  const element = document.createElement("span");
  element.className = className;
  return element;
}

function fillBar(item, id, drawn, own, width, isCame) {
  const [bar] = item.children;
  const [sign, read, track, percent] = bar.children;
  const [short, name] = isTagger ? [codec.labels[id], codec.labels[id]] : signOf(codec, id);
  bar.dataset.id = id;
  item.classList.toggle("came", isCame);
  sign.textContent = short;
  sign.title = name;
  // For screen readers: a name in place of a sign such as ⏎, and the mark behind it.
  sign.setAttribute("aria-hidden", short !== name);
  const mark = isTagger ? ", chosen" : ", came";
  read.textContent = ` ${short === name ? "" : name}${isCame ? mark : ""} `;
  percent.textContent = percentOf(drawn);
  track.firstChild.style.width = `${(100 * drawn) / width}%`;
  track.lastChild.style.left = `${(100 * own) / width}%`;
  track.lastChild.hidden = isTagger || Math.abs(own - drawn) < 5e-4;
}

function percentOf(probability) {
  if (probability > 0 && probability < 0.0005) return "< 0.1%";
  return `${(100 * probability).toFixed(1)}%`;
}

// ---- Words about it ----------------------------------------------------------------------------

function announce(text) {
  elements.said.textContent = text;
}

let saying = 0;

/** Say the labels of a sentence when nothing has been typed for a while; those that are not O. */
function announceLabels() {
  clearTimeout(saying);
  saying = setTimeout(() => {
    const labels = state.tagged.labels.map((id) => codec.labels[id]);
    const said = labels.map((label, k) => (label === "O" ? "" : `${state.shown[k]}: ${label}`));
    const isAllO = labels.length && !said.some(Boolean);
    announce(isAllO ? "Every word has the label O." : said.filter(Boolean).join(", "));
  }, 1000);
}

function say(unknown, isTooLong) {
  const names = unknown.slice(0, 8).map((token) => (token === "\n" ? "the end of a line" : token));
  const more = unknown.length > names.length ? " …" : "";
  const lines = [];
  if (isTooLong) lines.push(`The page has room for ${MOST_TOKENS} ${codec.unit}s.`);
  if (names.length && codec.unit === "word") {
    lines.push(`Not known, and read as the unknown word: ${names.join(" ")}${more}.`);
  } else if (names.length) lines.push(`Not known, and left out: ${names.join(" ")}${more}`);
  const text = lines.join(" ");
  if (elements.notes.textContent !== text) elements.notes.textContent = text;
}

function showSettings() {
  const { temperature, topK } = settings();
  elements["temperature-value"].textContent = temperature.toFixed(2);
  const all = `all ${codec.tokens.length.toLocaleString("en")}`;
  elements["top-k-value"].textContent = topK === Infinity ? all : topK;
  elements["top-k"].setAttribute("aria-valuetext", topK === Infinity ? all : topK);
}
