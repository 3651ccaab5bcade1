// Figures of a network at one epoch: error, surface, network, hidden units and outputs.
function runView(root, data, shape) {
  const SPACE = "http://www.w3.org/2000/svg";
  const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";
  const MARGIN = 0.35, PIXELS = 80;
  const MOST_INPUTS = 8, MOST_HIDDEN = 16, MOST_ROWS = 16;
  const parts = Object.fromEntries(Array.from(root.querySelectorAll("[data-part]"), (each) => [each.dataset.part, each]));
  const middle = (data.low + data.high) / 2;

  function svg(name, attributes = {}, ...children) {
    const made = document.createElementNS(SPACE, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const drawing = (width, height, label) =>
    svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });

  // A colour of the page's shades from 0 to 1, as three channels.
  function shade(value) {
    const place = Math.min(Math.max(isNaN(value) ? 0.5 : value, 0), 1) * (data.shades.length - 1);
    const at = Math.min(Math.floor(place), data.shades.length - 2);
    const [one, other] = [at, at + 1].map((n) =>
      [1, 3, 5].map((start) => parseInt(data.shades[n].slice(start, start + 2), 16)));
    return one.map((channel, n) => channel + (place - at) * (other[n] - channel));
  }

  // The name of a unit, such as h₁; the only one of its layer needs no number.
  const unitName = (letter, unit, count) =>
    letter + (count > 1 ? String(unit + 1).replace(/\d/g, (digit) => SUBSCRIPTS[digit]) : "");
  const text = (number) => (isFinite(number) ? axes.numberText(number) : "not finite");
  const isHigh = (target) => target > middle;

  function drawError({ epochs, errors, epoch, error }) {
    const width = 420, height = 240, left = 58, right = width - 26, top = 10, bottom = height - 40;
    const svgRoot = drawing(width, height, `Half the sum of squared errors: ${text(error)} after ${axes.countText(epoch, "epoch")}`);
    const known = errors.filter((each) => isFinite(each) && each > 0);
    if (!known.length) return svgRoot;
    const low = Math.max(Math.min(...known, ...data.plateaus, error || 1) / 1.3, 1e-8);
    const y = axes.scale([low, Math.max(...known, 1) * 1.3], bottom, top, { log: true });
    const x = axes.scale([1, Math.max(...epochs, 10)], left + 14, right, { log: true });
    const placeX = (each) => (each < 1 ? left : x.at(each));
    const placeY = (each) => y.at(Math.min(Math.max(each, y.low), y.high));
    for (const tick of y.ticks(6)) {
      svgRoot.append(svg("line", { x1: left, x2: right, y1: y.at(tick), y2: y.at(tick), class: "grid" }),
        svg("text", { x: left - 6, y: y.at(tick) + 4, "text-anchor": "end" }, axes.numberText(tick)));
    }
    const labels = [{ place: left, text: "0" }, ...x.ticks(6).map((tick) => ({ place: x.at(tick), text: axes.numberText(tick) }))];
    for (const label of axes.apart(labels)) {
      svgRoot.append(svg("text", { x: label.place, y: bottom + 16, "text-anchor": "middle" }, label.text));
    }
    for (const level of data.plateaus) {
      svgRoot.append(svg("line", { x1: left, x2: right, y1: placeY(level), y2: placeY(level), class: "plateau" }));
    }
    const points = epochs.map((each, n) => `${placeX(each).toFixed(1)} ${placeY(errors[n]).toFixed(1)}`);
    svgRoot.append(svg("text", { x: (left + right) / 2, y: height - 4, "text-anchor": "middle", class: "name" }, "epochs"),
      svg("path", { d: `M${points.join("L")}`, class: "curve-line" }),
      svg("line", { x1: placeX(epoch), x2: placeX(epoch), y1: top, y2: bottom, class: "now" }),
      svg("circle", { cx: placeX(epoch), cy: placeY(error), r: 4.5, class: "dot" }));
    return svgRoot;
  }

  // Where inputs lie on the surface, in shares of its side.
  function inputScale() {
    const numbers = data.inputs.flat(), low = Math.min(...numbers), high = Math.max(...numbers);
    const margin = MARGIN * (high - low), side = high - low + 2 * margin;
    return { from: low - margin, side, at: (input) => (input - low + margin) / side };
  }

  function drawSurface({ weights }) {
    const { from, side, at } = inputScale();
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = PIXELS;
    canvas.setAttribute("aria-hidden", "true");
    const context = canvas.getContext("2d"), image = context.createImageData(PIXELS, PIXELS);
    const value = (column, row) => network.forward(shape, weights,
      [from + side * (column + 0.5) / PIXELS, from + side * (PIXELS - row - 0.5) / PIXELS]).outputs[0];
    const values = Array.from({ length: PIXELS * PIXELS }, (_, n) => value(n % PIXELS, Math.floor(n / PIXELS)));
    values.forEach((each, n) => image.data.set([...shade(each), 255], 4 * n));
    values.forEach((each, n) => {
      const crosses = (other) => other !== undefined && (each > 0.5) !== (other > 0.5);
      const right = n % PIXELS < PIXELS - 1 ? values[n + 1] : undefined;
      if (crosses(right) || crosses(values[n + PIXELS])) image.data.set([255, 255, 255, 255], 4 * n);
    });
    context.putImageData(image, 0, 0);
    const marks = drawing(100, 100, "Output over the square of inputs, with the rows of the truth table");
    data.inputs.forEach(([first, second], row) => marks.append(rowMark(100 * at(first), 100 - 100 * at(second), data.targets[row][0], "surface-mark")));
    const box = document.createElement("div");
    box.className = "surface-box";
    box.append(canvas, marks);
    return box;
  }

  // A disc where the target is high, a square where it is low.
  function rowMark(x, y, target, kind) {
    const shaped = isHigh(target) ? svg("circle", { cx: x, cy: y, r: 5 }) : svg("rect", { x: x - 4.5, y: y - 4.5, width: 9, height: 9 });
    shaped.setAttribute("class", `${kind} ${isHigh(target) ? "high" : "low"}`);
    return shaped;
  }

  function drawNetwork({ weights }) {
    const { inputs, hidden, outputs, skip } = shape, at = network.layout(shape);
    const most = Math.max(inputs, hidden, outputs), height = Math.max(150, most * 38), width = 300;
    const svgRoot = drawing(width, height, `Network of ${inputs} inputs, ${hidden} hidden units and ${outputs} outputs`);
    const sizes = weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight) || 0), 1e-9);
    const place = (layer, unit, count) => [30 + 120 * layer, height * (unit + 0.5) / count];
    const counts = [inputs, hidden, outputs];
    function line(from, to, weight, curved = false) {
      const [x1, y1] = place(from[0], from[1], counts[from[0]]), [x2, y2] = place(to[0], to[1], counts[to[0]]);
      const d = curved ? `M${x1} ${y1}Q${(x1 + x2) / 2} ${-height / 4} ${x2} ${y2}` : `M${x1} ${y1}L${x2} ${y2}`;
      const made = svg("path", { d, class: weight < 0 ? "weight negative" : "weight positive", "stroke-width": (0.4 + 6 * Math.abs(weight) / sizes).toFixed(2) });
      made.append(svg("title", {}, text(weight)));
      svgRoot.append(made);
    }
    for (let i = 0; i < inputs; i++) {
      for (let j = 0; j < hidden; j++) line([0, i], [1, j], weights[i * hidden + j]);
      for (let k = 0; skip && k < outputs; k++) line([0, i], [2, k], weights[at.direct + i * outputs + k], true);
    }
    for (let j = 0; j < hidden; j++) {
      for (let k = 0; k < outputs; k++) line([1, j], [2, k], weights[at.w2 + j * outputs + k]);
    }
    const biases = [() => null, (j) => weights[at.b1 + j], (k) => weights[at.b2 + k]];
    counts.forEach((count, layer) => {
      for (let unit = 0; unit < count; unit++) {
        const [x, y] = place(layer, unit, count), bias = biases[layer](unit);
        const ring = bias === null ? "input" : bias < 0 ? "negative" : "positive";
        const circle = svg("circle", { cx: x, cy: y, r: 12, class: `unit ${ring}`, "stroke-width": bias === null ? 1 : (1 + 3 * Math.abs(bias) / sizes).toFixed(2) });
        circle.append(svg("title", {}, bias === null ? `input ${unit + 1}` : `bias ${text(bias)}`));
        svgRoot.append(circle, svg("text", { x, y: y + 4, "text-anchor": "middle" }, unitName("xhy"[layer], unit, count)));
      }
    });
    return svgRoot;
  }

  // The plane of two hidden units, with the line where the output is one half.
  function drawPlane({ weights, states }) {
    const side = 220, pad = 22, at = network.layout(shape);
    const svgRoot = drawing(side, side, `Outputs of the two hidden units for each row: ${states.map(({ units }, row) => `${data.labels[row]} at ${text(units[0])}, ${text(units[1])}`).join("; ")}`);
    const all = states.flatMap(({ units }) => [...units]).filter(isFinite);
    const low = Math.min(shape.activation === "tanh" ? -1 : 0, ...all), high = Math.max(1, ...all);
    const scale = axes.scale([low, high], pad, side - pad, { log: false });
    const x = (value) => scale.at(value), y = (value) => side - scale.at(value);
    svgRoot.append(svg("rect", { x: pad, y: pad, width: side - 2 * pad, height: side - 2 * pad, class: "plane" }));
    if (shape.outputs === 1 && !shape.skip) {
      const [a, b] = [weights[at.w2], weights[at.w2 + 1]], c = weights[at.b2] - (shape.output === "linear" ? 0.5 : 0);
      const ends = [[low, -(a * low + c) / b], [high, -(a * high + c) / b], [-(b * low + c) / a, low], [-(b * high + c) / a, high]]
        .filter(([h1, h2]) => h1 >= low - 1e-9 && h1 <= high + 1e-9 && h2 >= low - 1e-9 && h2 <= high + 1e-9);
      const far = ends.find(([h1, h2]) => Math.hypot(h1 - ends[0][0], h2 - ends[0][1]) > 1e-6);
      if (far) svgRoot.append(svg("line", { x1: x(ends[0][0]), y1: y(ends[0][1]), x2: x(far[0]), y2: y(far[1]), class: "divider" }));
    }
    const names = [], taken = [];
    states.forEach(({ units }, row) => {
      if (![...units].every(isFinite)) return;
      const place = { x: x(units[0]), y: y(units[1]) };
      const mark = rowMark(place.x, place.y, data.targets[row][0], "hidden-mark");
      mark.append(svg("title", {}, data.labels[row]));
      svgRoot.append(mark);
      // No label covers a mark.
      taken.push({ left: place.x - 6, top: place.y - 7, width: 12 });
      const near = names.find((name) => Math.hypot(name.x - place.x, name.y - place.y) < 14);
      if (near) near.labels.push(data.labels[row]); else names.push({ ...place, labels: [data.labels[row]] });
    });
    for (const name of names) {
      const label = name.labels.join(", "), width = 7 * label.length;
      const boxes = [-17, 1, -30, 14].flatMap((top) => [8, -8 - width].map((left) => ({ left: name.x + left, top: name.y + top })));
      const isFree = (box) => box.left >= 0 && box.left + width <= side && box.top >= 0 &&
        taken.every((other) => box.left + width < other.left || other.left + other.width < box.left || Math.abs(box.top - other.top) > 14);
      const box = boxes.find(isFree) ?? boxes[0];
      taken.push({ ...box, width });
      const isLeft = box.left < name.x;
      svgRoot.append(svg("text", { x: isLeft ? box.left + width : box.left, y: box.top + 12, "text-anchor": isLeft ? "end" : "start" }, label));
    }
    svgRoot.append(svg("text", { x: side / 2, y: side - 4, "text-anchor": "middle", class: "name" }, "hidden 1"),
      svg("text", { class: "name", "text-anchor": "middle", transform: `translate(12 ${side / 2}) rotate(-90)` }, "hidden 2"));
    return svgRoot;
  }

  // A square for each hidden unit and row, dark for its lowest and bright for its highest value.
  function drawHiddenGrid({ states }) {
    const step = 30, left = 14 + 7 * Math.max(...data.labels.slice(0, MOST_ROWS).map((label) => label.length));
    const rows = states.slice(0, MOST_ROWS);
    const width = left + step * shape.hidden + 4;
    const svgRoot = drawing(width, step * rows.length + 24, "Outputs of the hidden units for each row");
    svgRoot.style.maxWidth = `min(18rem, ${1.3 * width}px)`;
    const least = shape.activation === "tanh" ? -1 : 0;
    const most = Math.max(1, ...rows.flatMap(({ units }) => [...units]).filter(isFinite));
    rows.forEach(({ units }, row) => {
      svgRoot.append(svg("text", { x: left - 6, y: step * row + 20, "text-anchor": "end" }, data.labels[row]));
      units.forEach((value, unit) => {
        const square = svg("rect", { x: left + step * unit, y: step * row, width: step - 2, height: step - 2, style: `fill:rgb(${shade((value - least) / (most - least)).map(Math.round)})` });
        square.append(svg("title", {}, `hidden ${unit + 1}: ${text(value)}`));
        svgRoot.append(square);
      });
    });
    for (let unit = 0; unit < shape.hidden; unit++) {
      svgRoot.append(svg("text", { x: left + step * (unit + 0.5), y: step * rows.length + 16, "text-anchor": "middle" }, unitName("h", unit, shape.hidden)));
    }
    return svgRoot;
  }

  function drawOutputs({ states }) {
    const list = document.createElement("table");
    states.slice(0, MOST_ROWS).forEach(({ outputs }, row) => {
      const line = list.insertRow(), targets = data.targets[row];
      line.insertCell().textContent = data.labels[row];
      const right = outputs.every((output, k) => isHigh(targets[k]) === output > middle);
      const track = document.createElement("span");
      track.className = "track";
      if (outputs.length === 1) {
        for (const [kind, value] of [["target", targets[0]], ["last", outputs[0]]]) {
          const mark = document.createElement("i");
          mark.className = kind;
          mark.style.left = `${100 * Math.min(Math.max((value - Math.min(data.low, 0)) / (Math.max(data.high, 1) - Math.min(data.low, 0)), 0), 1)}%`;
          track.append(mark);
        }
        line.insertCell().append(track);
      }
      const found = line.insertCell();
      found.className = "number";
      found.textContent = outputs.length === 1 ? axes.signed(outputs[0].toFixed(4)) : `largest error ${text(Math.max(...outputs.map((output, k) => Math.abs(targets[k] - output))))}`;
      line.insertCell().textContent = right ? "✓" : "✗";
    });
    return list;
  }

  // Draws everything for the weights after some epochs.
  return function show(moment) {
    const states = data.inputs.map((row) => network.forward(shape, moment.weights, row));
    const all = { ...moment, states };
    const drawn = { error: drawError(all), outputs: drawOutputs(all) };
    if (shape.inputs === 2 && shape.outputs === 1) drawn.surface = drawSurface(all);
    if (shape.inputs <= MOST_INPUTS && shape.hidden <= MOST_HIDDEN && shape.outputs <= MOST_INPUTS) drawn.network = drawNetwork(all);
    if (shape.hidden <= MOST_HIDDEN) drawn.hidden = shape.hidden === 2 ? drawPlane(all) : drawHiddenGrid(all);
    for (const [name, part] of Object.entries(parts)) {
      part.hidden = !drawn[name];
      if (drawn[name]) part.querySelector("div").replaceChildren(drawn[name]);
    }
  };
}
