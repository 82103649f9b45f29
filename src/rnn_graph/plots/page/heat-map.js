// Activations as colors: behind text, and as a map of all units over all tokens.
"use strict";

const SHADES = 255; // an odd number: the middle one is the color of zero

/** The colors between three of the style's, as [red, green, blue, 255]. */
function palette(names) {
  const style = getComputedStyle(document.documentElement);
  const [low, none, high] = names.map((name) => {
    const color = style.getPropertyValue(name).trim();
    return [1, 3, 5].map((from) => parseInt(color.slice(from, from + 2), 16));
  });
  return Array.from({ length: SHADES }, (_, k) => {
    const place = (2 * k) / (SHADES - 1) - 1;
    const end = place < 0 ? low : high;
    const mixed = none.map((from, part) => Math.round(from + Math.abs(place) * (end[part] - from)));
    return [...mixed, 255];
  });
}

function shadeOf(shades, value, [lowest, highest]) {
  const share = (value - lowest) / (highest - lowest);
  return shades[Math.round(Math.min(1, Math.max(0, share)) * (SHADES - 1))];
}

const MOST_COMPARED = 200; // tokens by which units are compared

/** The units in an order in which each is followed by the one most like it. */
function alikeOrder({ units, valuesAt }, count) {
  const stride = Math.max(1, Math.ceil(count / MOST_COMPARED));
  const rows = Array.from({ length: units }, () => []);
  for (let place = 0; place < count; place += stride) {
    const values = valuesAt(place);
    rows.forEach((row, unit) => row.push(values[unit]));
  }
  const compared = rows.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const size = Math.hypot(...row.map((value) => value - mean)) || 1;
    return Float32Array.from(row, (value) => (value - mean) / size);
  });
  const [order, left] = [[0], new Set(rows.keys())];
  left.delete(0);
  while (left.size) {
    const last = compared[order[order.length - 1]];
    let [best, most] = [-1, -Infinity];
    for (const unit of left) {
      let alike = 0;
      for (let k = 0; k < last.length; k++) alike += last[k] * compared[unit][k];
      if (alike > most) [best, most] = [unit, alike];
    }
    order.push(best);
    left.delete(best);
  }
  return order;
}

/**
 * The map. One pixel of its canvas is one value; the style makes it as large as there is room.
 *
 * parts: the elements `scroller`, `inside`, `strip` (a canvas for the chosen unit alone), `canvas`,
 * `row` and `column` (marks).
 * onPoint, onChoose: called with the unit and the place under the pointer; the first with nothing
 * when the pointer leaves.
 */
class HeatMap {
  constructor(parts, { onPoint, onChoose }) {
    this.parts = parts;
    this.drawn = 0; // columns that are up to date
    this.view = null;
    this.order = null; // the units from the top row down; null: by number
    const at = (event) => {
      const box = parts.canvas.getBoundingClientRect();
      const place = Math.floor((event.clientX - box.left) / this.cellWidth);
      const row = Math.floor((event.clientY - box.top) / this.cellHeight);
      return this.view && place >= 0 && place < this.count && row >= 0 && row < this.view.units
        ? { unit: this.order ? this.order[row] : row, place }
        : null;
    };
    parts.canvas.addEventListener("pointermove", (event) => onPoint(at(event)));
    parts.canvas.addEventListener("pointerleave", () => onPoint(null));
    parts.canvas.addEventListener("click", (event) => at(event) && onChoose(at(event)));
  }

  /** What is shown: `units`, `range`, and of `count` tokens the values of all units, or of one. */
  show(view, count) {
    if (view !== this.view) [this.drawn, this.order] = [0, null];
    this.view = view;
    this.count = count;
    this.makeRoom();
    this.drawColumns();
    this.layOut();
  }

  /** Put units that are alike beside each other, or back in the order of their numbers. */
  arrange(isByLikeness) {
    this.order = isByLikeness && this.count ? alikeOrder(this.view, this.count) : null;
    this.drawn = 0;
    this.drawColumns();
  }

  /** Columns from a place on are to be drawn again. */
  forget(place) {
    this.drawn = Math.min(this.drawn, place);
  }

  recolor() {
    this.drawn = 0;
    this.shades = palette(["--low", "--none", "--high"]);
  }

  makeRoom() {
    const { canvas } = this.parts;
    if (canvas.height === this.view.units && canvas.width >= this.count) return;
    canvas.height = this.view.units;
    canvas.width = Math.max(64, 2 * this.count);
    this.drawn = 0;
  }

  drawColumns() {
    const { units, range, valuesAt } = this.view;
    const width = this.count - this.drawn;
    if (width <= 0) return;
    if (!this.shades) this.recolor();
    const image = new ImageData(width, units);
    for (let place = 0; place < width; place++) {
      const values = valuesAt(this.drawn + place);
      for (let row = 0; row < units; row++) {
        const value = values[this.order ? this.order[row] : row];
        image.data.set(shadeOf(this.shades, value, range), 4 * (row * width + place));
      }
    }
    this.parts.canvas.getContext("2d").putImageData(image, this.drawn, 0);
    this.drawn = this.count;
  }

  layOut() {
    const { scroller, inside, strip, canvas } = this.parts;
    const { units } = this.view;
    this.cellHeight = Math.min(16, Math.max(1, Math.floor(400 / units)));
    const room = Math.floor(scroller.clientWidth / Math.max(1, this.count));
    this.cellWidth = Math.min(40, Math.max(4, room));
    canvas.style.width = `${canvas.width * this.cellWidth}px`;
    strip.style.width = `${this.count * this.cellWidth}px`;
    canvas.style.height = `${units * this.cellHeight}px`;
    inside.style.width = `${this.count * this.cellWidth}px`;
  }

  /** Mark a unit and a place, from 0 on, and show the unit's values alone; null for none. */
  mark(unit, place) {
    const { row, column, strip, scroller } = this.parts;
    row.hidden = unit === null;
    strip.hidden = unit === null || !this.count;
    column.hidden = place < 0;
    if (unit !== null) {
      const top = this.order ? this.order.indexOf(unit) : unit;
      row.style.top = `${top * this.cellHeight - 1}px`;
      row.style.height = `${this.cellHeight + 2}px`;
    }
    if (!strip.hidden) this.drawStrip(unit);
    if (column.hidden) return;
    const left = place * this.cellWidth;
    column.style.left = `${left - 1}px`;
    column.style.width = `${this.cellWidth + 2}px`;
    const isSeen =
      left >= scroller.scrollLeft &&
      left + this.cellWidth <= scroller.scrollLeft + scroller.clientWidth;
    if (!isSeen) scroller.scrollLeft = left - scroller.clientWidth + 2 * this.cellWidth;
  }

  drawStrip(unit) {
    const { strip } = this.parts;
    const { range, valueAt } = this.view;
    strip.width = this.count;
    const image = new ImageData(this.count, 1);
    for (let place = 0; place < this.count; place++) {
      image.data.set(shadeOf(this.shades, valueAt(place, unit), range), 4 * place);
    }
    strip.getContext("2d").putImageData(image, 0, 0);
  }
}
