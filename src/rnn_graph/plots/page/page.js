// What is done with the page: typing, drawing, choosing. The numbers come from forward.js.
"use strict";

const MOST_TOKENS = isTagger ? 500 : 4000; // of a text; a sentence is read anew with each change
const FIRST_TOKENS = { character: 240, word: 40 }; // drawn when the page opens
const TASK_TIME = 25; // milliseconds of computing before the page answers again
const CALM_TIME = 500; // milliseconds between two changes, where motion is to be reduced
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const DARK = matchMedia("(prefers-color-scheme: dark)");

// ---- Reading and drawing -----------------------------------------------------------------------

let reading = 0; // the number of the latest reading: an older one gives up

/** Read what was typed: from the first token on that has changed, in pieces of a short time. */
async function readBeginning() {
  stop();
  const mine = ++reading;
  const { ids, shown, unknown } = encode(codec, elements.beginning.value);
  const isTooLong = ids.length > MOST_TOKENS;
  say(unknown, isTooLong);
  if (isTooLong) [ids.length, shown.length] = [MOST_TOKENS, MOST_TOKENS];
  if (isTagger) {
    state.unknown = new Set(shown.keys());
    ids.forEach((id, place) => id !== codec.unknown && state.unknown.delete(place));
    const spellings = codec.spellings ? shown.map((word) => spellingOf(codec, word)) : [];
    state.tagged = tagWords(network, ids, spellings);
    Object.assign(state, { shown, typed: shown.length });
    state.place = state.follows ? count() : Math.min(state.place, count());
    changed(0);
    announceLabels();
    return;
  }
  let same = 0;
  while (same < ids.length && ids[same] === reader.ids[same] && shown[same] === state.shown[same]) {
    same++;
  }
  const from = Math.min(same, state.typed); // what was drawn may have been typed now
  cut(same);
  state.typed = same;
  state.follows = true;
  for (let until = performance.now() + TASK_TIME; count() < ids.length; ) {
    if (ids[count()] === codec.unknown) state.unknown.add(count());
    append(ids[count()], shown[count()]);
    state.typed = count();
    if (performance.now() < until) continue;
    changed(from);
    await new Promise((resolve) => setTimeout(resolve));
    if (mine !== reading) return;
    until = performance.now() + TASK_TIME;
  }
  changed(from);
}

function append(id, token) {
  reader.append(id);
  state.shown.push(token);
}

/** Keep the first tokens alone. */
function cut(length) {
  reader.cut(length);
  state.shown.length = length;
  state.typed = Math.min(state.typed, length);
  for (const place of state.unknown) if (place >= length) state.unknown.delete(place);
}

/** Draw another token; false if there is no room. */
function drawToken() {
  if (count() >= MOST_TOKENS) return false;
  const id = draw(drawnFrom(reader.logits(count()), settings()), Math.random());
  append(id, codec.tokens[id]);
  return true;
}

const run = { since: 0, drawn: 0, most: 0, from: 0, shown: 0, shownAt: 0, frame: 0 };

function start(most = Infinity) {
  reading++;
  const since = performance.now();
  Object.assign(run, { since, drawn: 0, most, from: count(), shown: count(), shownAt: since });
  elements.run.textContent = "Stop";
  run.frame = requestAnimationFrame(drawSome);
}

function stop() {
  if (!run.frame) return;
  cancelAnimationFrame(run.frame);
  run.frame = 0;
  elements.run.textContent = "Run";
  changed(run.shown);
  if (run.most < Infinity) return; // nobody asked for it
  // A long text is not read out: its end, and how much there is.
  const drawn = count() - run.from;
  announce(`${drawn} ${codec.unit}s drawn: ${textOf(Math.max(run.from, count() - 100), count())}`);
}

/** As many tokens as are due, or as there is time for. */
function drawSome() {
  const speed = Number(elements.speed.value);
  const begun = performance.now();
  state.follows = true;
  while (run.drawn < ((performance.now() - run.since) / 1000) * speed) {
    if (run.drawn >= run.most || !drawToken()) return stop();
    run.drawn++;
    if (performance.now() - begun > TASK_TIME) break;
  }
  if (count() > run.shown && (!CALM.matches || begun - run.shownAt > CALM_TIME)) {
    changed(run.shown);
    Object.assign(run, { shown: count(), shownAt: begun });
  }
  run.frame = requestAnimationFrame(drawSome);
}

function stepOnce() {
  stop();
  const place = count();
  if (!drawToken()) return say([], true);
  state.follows = true;
  announce(signOf(codec, reader.ids[place])[1]);
  changed(place);
}

/** Go on with a token from the place that is looked at. */
function choose(id) {
  stop();
  reading++;
  const { place } = state;
  if (place < state.typed) {
    cut(place);
    elements.beginning.value = textOf(0, place);
  }
  cut(place);
  append(id, codec.tokens[id]);
  state.follows = true;
  announce(signOf(codec, id)[1]);
  changed(place);
}

// ---- Events ------------------------------------------------------------------------------------

function listen() {
  elements.beginning.addEventListener("input", readBeginning);
  elements.run.addEventListener("click", () => (run.frame ? stop() : start()));
  elements.step.addEventListener("click", stepOnce);
  elements.clear.addEventListener("click", () => {
    stop();
    cut(state.typed);
    state.follows = true;
    changed(state.typed);
  });
  for (const name of ["temperature", "top-k"]) {
    elements[name].addEventListener("input", () => {
      showSettings();
      showBars();
    });
  }
  elements.bars.addEventListener("click", (event) => {
    const bar = event.target.closest("button.bar");
    if (bar) choose(Number(bar.dataset.id));
  });
  elements.text.addEventListener("click", (event) => {
    const token = event.target.closest(".token");
    if (!token) return;
    const child = token.parentElement === elements.text ? token : token.parentElement;
    goTo([...elements.text.childNodes].indexOf(child) + 1);
  });
  elements.layer.addEventListener("change", () => {
    view = views[elements.layer.value];
    elements.order.value = "number";
    state.unit = count() > 1 ? variedUnits()[0] : 0;
    showScale();
    showUnits();
    colorText();
    showPlace();
  });
  elements.order.addEventListener("change", () => {
    heatMap.arrange(elements.order.value === "likeness");
    showPlace();
  });
  elements.unit.addEventListener("input", () => {
    const { value, validity } = elements.unit;
    if (validity.valid && value) chooseUnit(Number(value));
  });
  elements.varied.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    elements.colored.checked = true;
    chooseUnit(Number(button.dataset.unit));
  });
  elements.colored.addEventListener("change", () => {
    colorText();
    showPlace();
  });
  elements.position.addEventListener("input", () => goTo(Number(elements.position.value)));
  elements.details.addEventListener("toggle", () => elements.details.open && showTable());
  DARK.addEventListener("change", () => {
    shades = null;
    heatMap.recolor();
    showScale();
    showUnits();
    colorText();
  });
  addEventListener("resize", () => {
    showUnits();
    showPlace();
  });
}

function begin() {
  document.body.classList.add(codec.unit === "word" ? "words" : "characters");
  document.body.classList.toggle("tagged", isTagger);
  for (const part of document.querySelectorAll(".language")) part.hidden = isTagger;
  if (isTagger) {
    elements["text-title"].textContent = "Sentence";
    elements["beginning-label"].textContent = "Words";
    elements["units-title"].nextElementSibling.textContent =
      "Each row is a unit, each column its value at a word. Choose a unit to color the words.";
  } else {
    elements["bars-title"].textContent = `Next ${codec.unit}`;
  }
  views.forEach(({ name }, k) => elements.layer.add(new Option(name, k)));
  elements["top-k"].max = topKs.length - 1;
  elements["top-k"].value = topKs.length - 1;
  elements.text.classList.add("colors");
  listen();
  showSettings();
  showScale();
  changed(0);
  // A text to look at, until one is typed.
  if (!isTagger) start(FIRST_TOKENS[codec.unit]);
}

begin();
