// The units: their map, the chosen one, and its values as a table.
"use strict";

const MOST_VARIED = 8;

const heatMap = new HeatMap(
  {
    scroller: elements.map,
    inside: elements["map-inside"],
    strip: elements.strip,
    canvas: elements.canvas,
    row: elements.row,
    column: elements.column,
  },
  {
    onPoint: (at) => (at ? showValue(at.unit, at.place) : showValue(state.unit, state.place - 1)),
    onChoose({ unit, place }) {
      elements.colored.checked = true;
      goTo(place + 1);
      chooseUnit(unit);
    },
  }
);

/** The units that vary most over the text, the first one most. */
function variedUnits() {
  const [sums, squares] = [new Float64Array(view.units), new Float64Array(view.units)];
  for (let place = 0; place < count(); place++) {
    view.valuesAt(place).forEach((value, unit) => {
      sums[unit] += value;
      squares[unit] += value * value;
    });
  }
  const n = Math.max(1, count());
  const variances = squares.map((square, unit) => square / n - (sums[unit] / n) ** 2);
  return Array.from(variances.keys())
    .sort((one, other) => variances[other] - variances[one])
    .slice(0, MOST_VARIED);
}

function showUnits() {
  const { units, name } = view;
  heatMap.show(view, count());
  const size = `${units} units over ${count()} ${codec.unit}s`;
  elements.canvas.setAttribute(
    "aria-label",
    `${name}: ${size}. Choose a unit in the field “Unit”; its values are in the table below.`
  );
  elements.unit.max = units - 1;
  if (document.activeElement !== elements.unit) elements.unit.value = state.unit;
  if (run.frame) return;
  if (heatMap.order) heatMap.arrange(true);
  const varied = count() > 1 ? variedUnits() : [];
  elements.varied.parentElement.hidden = !varied.length;
  elements.varied.replaceChildren(
    ...varied.map((unit) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = unit;
      button.setAttribute("aria-pressed", unit === state.unit);
      button.dataset.unit = unit;
      return button;
    })
  );
  if (elements.details.open) showTable();
}

function chooseUnit(unit) {
  state.unit = Math.min(view.units - 1, Math.max(0, unit));
  state.unitChosen = true;
  for (const button of elements.varied.children) {
    button.setAttribute("aria-pressed", Number(button.dataset.unit) === state.unit);
  }
  if (document.activeElement !== elements.unit) elements.unit.value = state.unit;
  colorText();
  showPlace();
  if (elements.details.open) showTable();
}

function goTo(place) {
  stop();
  state.place = Math.min(count(), Math.max(isTagger ? Math.min(1, count()) : 0, place));
  state.follows = state.place === count();
  showPlace();
}

function showTable() {
  const table = document.createElement("table");
  const caption = table.createCaption();
  caption.textContent = `${view.name}, unit ${state.unit}`;
  for (let place = 0; place < count(); place++) {
    const row = table.insertRow();
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = `${place + 1} ${tokenName(place)}`;
    row.append(head);
    row.insertCell().textContent = signed(view.valueAt(place, state.unit));
  }
  elements.table.replaceChildren(table);
}

function showScale() {
  elements.lowest.textContent = view.range[0] < 0 ? "−1" : "0";
  elements.highest.textContent = view.range[0] < 0 ? "+1" : "1";
  const image = new ImageData(SHADES, 1);
  palette(["--low", "--none", "--high"]).forEach((color, k) => image.data.set(color, 4 * k));
  elements.gradient.width = SHADES;
  elements.gradient.getContext("2d").putImageData(image, 0, 0);
}
