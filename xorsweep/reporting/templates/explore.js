// A figure of the settings whose axes a reader picks. Each mark is a link to its
// setting; nothing is averaged: a level is picked for each axis that has no place in the figure.
(function () {
  const source = document.getElementById("explore-data");
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const count = data.targets.length;
  const section = document.getElementById("explore-figure");
  const controls = section.querySelector(".controls"), chart = section.querySelector(".chart");
  const tooltip = section.querySelector(".tooltip"), legend = section.querySelector(".legend");
  const VIEWS = ["lines", "heat map", "parallel coordinates"];
  const SHAPES = ["M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0", "M-4-4h8v8h-8z", "M0-5L5 4H-5z", "M0-5.5L5.5 0L0 5.5L-5.5 0z"];
  const ALL = -1;
  const keyOf = (name) => data.keys.find((key) => key.name === name);
  const state = {
    view: VIEWS[0], measure: 0, x: data.x, colour: data.colour, panel: "",
    levels: Object.fromEntries(data.keys.map((key) => [key.name, key.codes[data.first]])),
    filters: Object.fromEntries(data.keys.map((key) => [key.name, ALL])),
  };

  function element(name, attributes = {}, ...children) {
    const space = ["svg", "g", "path", "line", "rect", "text", "a", "title"].includes(name);
    const made = space
      ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const cut = (text, most = 22) => (text.length <= most ? text : "…" + text.slice(1 - most));
  const levelText = (key, code) => `${key.name} ${key.levels[code]}`;
  const distinct = (keys) => {
    const seen = new Set();
    for (let s = 0; s < count; s++) seen.add(keys.map((key) => key.codes[s]).join());
    return seen.size;
  };

  // --- Which settings are shown ---------------------------------------------------------------

  const placedKeys = () => [state.x, state.colour, state.panel].filter(Boolean).map(keyOf);

  // The axes for which a level has to be picked: those that the others don't determine.
  function leftOver() {
    const placed = placedKeys();
    let left = data.keys.filter((key) => !placed.includes(key));
    for (const key of [...left]) {
      const others = left.filter((each) => each !== key);
      if (distinct([...placed, ...others]) === count) left = others;
    }
    return left;
  }

  // One setting for each place in the figure. A key of a component that a setting doesn't have
  // matches any level, and gives way to a setting that has the level.
  function settingsShown() {
    const placed = placedKeys(), left = leftOver(), found = new Map();
    for (let s = 0; s < count; s++) {
      const matches = left.map((key) => {
        if (key.codes[s] === state.levels[key.name]) return 1;
        return key.codes[s] === key.none ? 0 : NaN;
      });
      const score = matches.reduce((sum, each) => sum + each, 0);
      const place = placed.map((key) => key.codes[s]).join();
      if (!isNaN(score) && !(found.get(place)?.score >= score)) found.set(place, { score, s });
    }
    return Array.from(found.values(), (each) => each.s).sort((a, b) => a - b);
  }

  const settingsFiltered = () => Array.from({ length: count }, (_, s) => s).filter((s) =>
    data.keys.every((key) => [ALL, key.codes[s]].includes(state.filters[key.name])));

  // --- The tooltip of a setting --------------------------------------------------------------

  const measure = () => data.measures[state.measure];
  const valueText = (number) =>
    (measure().scale === "rate" ? axes.percentText : axes.numberText)(number);

  function measuredText(s) {
    const { values, low, high, bar, absent } = measure();
    if (values[s] === null) return absent;
    const ends = low && low[s] !== null
      ? `, ${bar} ${valueText(low[s])} to ${high[s] === null ? "beyond" : valueText(high[s])}` : "";
    return valueText(values[s]) + ends;
  }

  const settingText = (s) => data.keys.map((key) => levelText(key, key.codes[s])).join(", ");

  function link(s, ...children) {
    const target = data.targets[s];
    const made = element("a", { "data-setting": s, "aria-label": `${settingText(s)}: ${measure().label} ${measuredText(s)}`, tabindex: -1 }, ...children);
    if (target) made.setAttribute("href", `#${target}`); else made.setAttribute("role", "img");
    return made;
  }

  // --- Scales and colours ---------------------------------------------------------------------

  function measuredNumbers(settings, withBars) {
    const { values, low, high } = measure();
    const columns = withBars && low ? [values, low, high] : [values];
    return columns.flatMap((column) => settings.map((s) => column[s])).filter((n) => n !== null);
  }

  function measureScale(settings, from, to, withBars) {
    if (measure().scale === "rate") return axes.scale([0, 1], from, to, { log: false });
    let numbers = measuredNumbers(settings, withBars);
    const positive = numbers.filter((number) => number > 0);
    const logarithmic = positive.length && Math.min(...measuredNumbers(settings, false)) > 0
      && Math.max(...positive) >= 20 * Math.min(...positive);
    if (logarithmic) numbers = positive;
    return axes.scale(numbers.length ? numbers : [0, 1], from, to, { log: Boolean(logarithmic) });
  }

  // The colour of a share of 1 in the shades of the report's heat maps, and of the text on it.
  function shade(share) {
    const place = Math.min(Math.max(share, 0), 1) * (data.shades.length - 1);
    const at = Math.min(Math.floor(place), data.shades.length - 2);
    const [one, other] = [at, at + 1].map((n) =>
      [1, 3, 5].map((start) => parseInt(data.shades[n].slice(start, start + 2), 16)));
    const mixed = one.map((channel, n) => Math.round(channel + (place - at) * (other[n] - channel)));
    const linear = mixed.map((channel) => ((channel / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    return { paper: `rgb(${mixed})`, ink: luminance > 0.179 ? "#000" : "#fff" };
  }

  function seriesColour(key, code) {
    if (!key || key.levels.length < 2) return "var(--accent)";
    if (!key.numbers) return `var(--series-${code % 8})`;
    const share = Math.round(100 * code / (key.levels.length - 1));
    return `color-mix(in oklch, var(--series-high) ${share}%, var(--series-low))`;
  }

  // --- Figures ----------------------------------------------------------------------------------

  function panels(settings) {
    const key = state.panel && keyOf(state.panel);
    if (!key) return [{ title: "", settings }];
    return key.levels.map((_, code) => ({
      title: levelText(key, code), settings: settings.filter((s) => key.codes[s] === code),
    })).filter((panel) => panel.settings.length);
  }

  function levelScale(key, codes, from, to) {
    if (!key) return { at: () => (from + to) / 2, labels: [] };
    const numbers = key.numbers && codes.map((code) => key.numbers[code]);
    const known = numbers && axes.scale(numbers, from, to);
    const step = (to - from) / Math.max(codes.length - 1, 1);
    const at = (code) => (codes.length < 2 ? (from + to) / 2
      : known ? known.at(key.numbers[code]) : from + step * codes.indexOf(code));
    const labels = codes.map((code) => ({ place: at(code), text: cut(key.levels[code]) }));
    return { at, labels };
  }

  const codesOf = (key, settings) =>
    (key ? Array.from(new Set(settings.map((s) => key.codes[s]))).sort((a, b) => a - b) : [0]);

  // Labels below an axis, slanted where they would touch.
  function bottomLabels(labels, y, isNumeric) {
    const fits = axes.apart(labels).length === labels.length;
    if (fits || isNumeric) {
      return axes.apart(labels).map(({ place, text }) =>
        element("text", { x: place, y: y + 16, class: "tick", "text-anchor": "middle" }, text));
    }
    return labels.map(({ place, text }) => element("text", { class: "tick", "text-anchor": "end",
      transform: `translate(${place} ${y + 14}) rotate(-35)` }, text));
  }

  function frame(width, height, title) {
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, style: `max-width:${width}px`, role: "group", "aria-label": `${measure().label} ${title}`.trim() });
    if (title) svg.append(element("text", { x: 0, y: 13, class: "title" }, title));
    return svg;
  }

  function leftAxis(svg, scale, left, right, top, bottom) {
    const ticks = scale.ticks(Math.max(3, Math.floor((bottom - top) / 34)));
    for (const tick of ticks) {
      const y = scale.at(tick);
      svg.append(element("line", { x1: left, x2: right, y1: y, y2: y, class: "grid" }),
        element("text", { x: left - 6, y: y + 4, class: "tick value", "text-anchor": "end" }, valueText(tick)));
    }
  }

  function drawLines({ title, settings }, shown, width) {
    const height = 320, top = title ? 24 : 10;
    const x = keyOf(state.x), colour = keyOf(state.colour);
    const xCodes = codesOf(x, shown), series = codesOf(colour, shown);
    const bottom = height - (x && !x.numbers ? 84 : 40), left = 62, right = width - 14;
    const y = measureScale(shown, bottom, top, true);
    const dodge = series.length > 1 ? Math.min(4, 40 / series.length) : 0;
    const across = levelScale(x, xCodes, left + 16, right - 16);
    const svg = frame(width, height, title);
    leftAxis(svg, y, left, right, top, bottom);
    svg.append(element("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "axis" }));
    svg.append(...bottomLabels(across.labels, bottom, x && x.numbers));
    if (x) svg.append(element("text", { x: (left + right) / 2, y: height - 3, class: "name", "text-anchor": "middle" }, x.name));
    const { values, low, high } = measure();
    const clamp = (number) => Math.min(Math.max(y.at(Math.max(number, y.log ? y.low : -Infinity)), top), bottom);
    series.forEach((code, n) => {
      const mine = settings.filter((s) => !colour || colour.codes[s] === code)
        .filter((s) => values[s] !== null && !(y.log && values[s] <= 0))
        .sort((a, b) => xCodes.indexOf(x?.codes[a]) - xCodes.indexOf(x?.codes[b]));
      const shift = (n - (series.length - 1) / 2) * dodge;
      const place = (s) => across.at(x ? x.codes[s] : 0) + shift;
      const group = element("g", { style: `--colour:${seriesColour(colour, code)}` });
      const points = mine.map((s) => `${place(s).toFixed(1)} ${clamp(values[s]).toFixed(1)}`);
      if (points.length > 1) group.append(element("path", { d: `M${points.join("L")}`, class: "series" }));
      for (const s of mine) {
        const mark = link(s);
        if (low && low[s] !== null) {
          const ends = [low[s], high[s] === null ? y.high : high[s]].map(clamp);
          mark.append(element("line", { x1: place(s), x2: place(s), y1: ends[0], y2: ends[1], class: "bar" }));
        }
        mark.append(element("path", { d: SHAPES[n % SHAPES.length], class: "mark", transform: `translate(${place(s)} ${clamp(values[s])})` }));
        group.append(mark);
      }
      svg.append(group);
    });
    return svg;
  }

  function drawHeat({ title, settings }, shown, width) {
    const x = keyOf(state.x), y = keyOf(state.colour);
    const xCodes = codesOf(x, shown), yCodes = codesOf(y, shown).reverse();
    const names = yCodes.map((code) => (y ? cut(y.levels[code], 16) : ""));
    const left = 12 + Math.max(0, ...[...names, y ? cut(y.name, 12) : ""].map(axes.widthOf)), top = title ? 24 : 8;
    const wide = (width - left - 4) / xCodes.length, tall = Math.min(44, Math.max(14, 320 / yCodes.length));
    const bottom = top + tall * yCodes.length;
    const svg = frame(width, bottom + (x && !x.numbers ? 84 : 40), title);
    const colours = measureScale(shown, 0, 1, false);
    for (const s of settings) {
      const column = xCodes.indexOf(x ? x.codes[s] : 0), row = yCodes.indexOf(y ? y.codes[s] : 0);
      const value = measure().values[s];
      const { paper, ink } = value === null ? { paper: "var(--tint)", ink: "var(--soft)" } : shade(colours.share(value));
      const text = value === null ? "–" : valueText(value);
      const square = link(s, element("rect", { x: left + column * wide + 1, y: top + row * tall + 1, width: wide - 2, height: tall - 2, style: `fill:${paper}`, class: "square" }));
      if (axes.widthOf(text) < wide - 6 && tall > 16) {
        square.append(element("text", { x: left + (column + 0.5) * wide, y: top + (row + 0.5) * tall + 4, "text-anchor": "middle", style: `fill:${ink}`, class: "tick" }, text));
      }
      svg.append(square);
    }
    if (y) svg.append(element("text", { x: 0, y: bottom + 16, class: "name" }, cut(y.name, 12)));
    names.forEach((name, row) => svg.append(element("text", { x: left - 6, y: top + (row + 0.5) * tall + 4, class: "tick", "text-anchor": "end" }, name)));
    const labels = xCodes.map((code, n) => ({ place: left + (n + 0.5) * wide, text: x ? cut(x.levels[code]) : "" }));
    svg.append(...bottomLabels(labels, bottom, x && x.numbers));
    if (x) svg.append(element("text", { x: left + (width - left) / 2, y: bottom + (x.numbers ? 34 : 80), class: "name", "text-anchor": "middle" }, x.name));
    return svg;
  }

  function drawParallel({ settings }, shown, width) {
    const height = 380, top = 34, bottom = height - 16, left = 44, right = width - 64;
    const svg = frame(width, height, "");
    const scale = measureScale(shown, bottom, top, false);
    const place = (n) => left + (right - left) * n / data.keys.length;
    const known = settings.filter((s) => measure().values[s] !== null && !(scale.log && measure().values[s] <= 0));
    const heights = data.keys.map((key) => (code) =>
      (key.levels.length < 2 ? (top + bottom) / 2 : bottom - (bottom - top) * code / (key.levels.length - 1)));
    const shares = axes.scale([scale.low, scale.high], 0, 100, { log: scale.log });
    for (const s of [...known].sort((a, b) => measure().values[a] - measure().values[b])) {
      const value = measure().values[s];
      const points = data.keys.map((key, n) => `${place(n).toFixed(1)} ${heights[n](key.codes[s]).toFixed(1)}`);
      const way = `M${points.join("L")}L${right} ${scale.at(value).toFixed(1)}`;
      const colour = `color-mix(in oklch, var(--series-high) ${Math.round(shares.at(value))}%, var(--series-low))`;
      svg.append(link(s, element("path", { d: way, class: "series", style: `--colour:${colour}` })));
    }
    data.keys.forEach((key, n) => {
      svg.append(element("line", { x1: place(n), x2: place(n), y1: top, y2: bottom, class: "axis" }),
        element("text", { x: place(n), y: n % 2 ? 24 : 11, class: "name", "text-anchor": n ? "middle" : "start" }, cut(key.name)));
      const labels = key.levels.map((level, code) => ({ y: heights[n](code), text: cut(level, 12) }));
      const every = Math.ceil(labels.length * 15 / (bottom - top));
      labels.filter((_, code) => code % every === 0).forEach(({ y, text }) =>
        svg.append(element("text", { x: place(n) - 5, y: y + 4, class: "tick halo", "text-anchor": "end" }, text)));
    });
    svg.append(element("line", { x1: right, x2: right, y1: top, y2: bottom, class: "axis" }),
      element("text", { x: width, y: data.keys.length % 2 ? 24 : 11, class: "name", "text-anchor": "end" }, measure().label));
    for (const tick of scale.ticks(8)) {
      svg.append(element("text", { x: right + 6, y: scale.at(tick) + 4, class: "tick value" }, valueText(tick)));
    }
    return svg;
  }

  function drawLegend(shown) {
    legend.replaceChildren();
    const colour = keyOf(state.colour);
    if (state.view === "lines" && colour) {
      codesOf(colour, shown).forEach((code, n) => {
        const swatch = element("svg", { viewBox: "-14 -7 28 14", width: 28, height: 14, "aria-hidden": "true", style: `--colour:${seriesColour(colour, code)}` },
          element("path", { d: "M-14 0H14", class: "series" }), element("path", { d: SHAPES[n % SHAPES.length], class: "mark" }));
        legend.append(element("li", {}, swatch, ` ${cut(levelText(colour, code), 30)}`));
      });
    } else if (state.view === "heat map") {
      const { low, high, log } = measureScale(shown, 0, 1, false);
      const bar = element("span", { class: "gradient", style: `background:linear-gradient(to right,${data.shades})` });
      legend.append(element("li", {}, `${valueText(low)} `, bar, ` ${valueText(high)}${log ? ", on a log scale" : ""}`));
    }
  }

  // --- Controls -----------------------------------------------------------------------------------

  function select(label, options, chosen, choose) {
    const made = element("select");
    options.forEach(([text, value]) => {
      const option = element("option", { value }, text);
      option.selected = String(value) === String(chosen);
      made.append(option);
    });
    made.addEventListener("change", () => { choose(made.value); draw(); controls.querySelector(`[data-label="${label}"]`)?.focus(); });
    made.dataset.label = label;
    return element("label", {}, `${label} `, made);
  }

  // A key has one place: choosing it for another leaves its former place to the key that was there.
  function placeKey(role, name) {
    const former = ["x", "colour", "panel"].find((each) => each !== role && state[each] === name);
    if (name && former) state[former] = state[role];
    state[role] = name;
  }

  function drawControls() {
    const isParallel = state.view === VIEWS[2];
    const keys = data.keys.map((key) => [key.name, key.name]);
    const levels = (key) => key.levels.map((level, code) => [cut(level, 40), code]);
    const made = [
      select("view", VIEWS.map((view) => [view, view]), state.view, (view) => { state.view = view; }),
      select("measure", data.measures.map((each, n) => [each.label, n]), state.measure, (n) => { state.measure = Number(n); }),
    ];
    if (!isParallel) {
      const roles = { x: "x", colour: state.view === VIEWS[1] ? "y" : "colour", panel: "panel" };
      for (const [role, label] of Object.entries(roles)) {
        const none = role === "x" ? [] : [["none", ""]];
        made.push(select(label, [...none, ...keys], state[role], (name) => placeKey(role, name)));
      }
    }
    for (const key of isParallel ? data.keys : leftOver()) {
      const chosen = isParallel ? state.filters : state.levels;
      const all = isParallel ? [["all", ALL]] : [];
      made.push(select(key.name, [...all, ...levels(key)], chosen[key.name], (code) => { chosen[key.name] = Number(code); }));
    }
    controls.replaceChildren(...made);
  }

  // --- Drawing, tooltips, keyboard ----------------------------------------------------------------

  function draw() {
    drawControls();
    tooltip.hidden = true;
    const isParallel = state.view === VIEWS[2];
    const shown = isParallel ? settingsFiltered() : settingsShown();
    const parts = isParallel ? [{ title: "", settings: shown }] : panels(shown);
    const room = chart.clientWidth;
    const columns = Math.max(1, Math.min(parts.length, 3, Math.floor(room / 260)));
    const width = Math.max(240, Math.min((room - 24 * (columns - 1)) / columns, parts.length > 1 ? 560 : 860));
    const drawing = { "lines": drawLines, "heat map": drawHeat, "parallel coordinates": drawParallel }[state.view];
    chart.style.setProperty("--columns", columns);
    chart.replaceChildren(...parts.map((part) => drawing(part, shown, width)));
    drawLegend(shown);
    chart.querySelector("[data-setting]")?.setAttribute("tabindex", 0);
    drawn = room;
  }

  function describe(mark) {
    const s = Number(mark.dataset.setting);
    const lines = data.keys.map((key) => cut(levelText(key, key.codes[s]), 40));
    tooltip.replaceChildren(element("strong", {}, `${measure().label}: ${measuredText(s)}`), ...lines.map((line) => element("div", {}, line)));
    tooltip.hidden = false;
    const at = mark.getBoundingClientRect(), inside = section.getBoundingClientRect();
    const middle = state.view === VIEWS[2] ? at.left + at.width / 3 : at.left + at.width / 2;
    const left = Math.min(Math.max(middle - inside.left - tooltip.offsetWidth / 2, 0), inside.width - tooltip.offsetWidth);
    const above = at.top - inside.top - tooltip.offsetHeight - 8;
    tooltip.style.left = `${left}px`;
    tooltip.style.top = `${above > 0 ? above : at.bottom - inside.top + 8}px`;
  }

  const centre = (mark) => {
    const shape = mark.querySelector(".mark, .square, .series").getBoundingClientRect();
    return { x: shape.left + shape.width / 2, y: Math.round(shape.top + shape.height / 2) };
  };

  // The marks along which a key moves: those of the same line or row, or those above and below at
  // the same place; in parallel coordinates all.
  function marksAlong(mark, isAcross) {
    const marks = Array.from(chart.querySelectorAll("[data-setting]"));
    if (state.view === VIEWS[2]) return marks;
    const x = keyOf(state.x), colour = keyOf(state.colour);
    const code = (key, other) => (key ? key.codes[other.dataset.setting] : 0);
    const panel = (other) => Array.from(chart.children).indexOf(other.ownerSVGElement);
    const across = marks.filter((other) => code(colour, other) === code(colour, mark))
      .sort((a, b) => panel(a) - panel(b) || code(x, a) - code(x, b));
    const upwards = marks.filter((other) => panel(other) === panel(mark) && code(x, other) === code(x, mark))
      .sort((a, b) => centre(a).y - centre(b).y || code(colour, a) - code(colour, b));
    return isAcross ? across : upwards;
  }

  const markOf = (event) => event.target.closest?.("[data-setting]");
  let drawn = 0;
  chart.addEventListener("pointerover", (event) => { const mark = markOf(event); if (mark) describe(mark); });
  chart.addEventListener("pointerout", () => { tooltip.hidden = true; });
  chart.addEventListener("focusin", (event) => {
    const mark = markOf(event);
    if (!mark) return;
    chart.querySelector("[tabindex='0']")?.setAttribute("tabindex", -1);
    mark.setAttribute("tabindex", 0);
    describe(mark);
  });
  chart.addEventListener("focusout", () => { tooltip.hidden = true; });
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -Infinity, End: Infinity }[event.key];
    const mark = markOf(event);
    if (event.key === "Escape") tooltip.hidden = true;
    if (!step || !mark) return;
    event.preventDefault();
    const line = marksAlong(mark, !["ArrowUp", "ArrowDown"].includes(event.key));
    const place = line.indexOf(mark) + step;
    line[Math.min(Math.max(place, 0), line.length - 1)].focus();
  });
  new ResizeObserver(() => { if (Math.abs(chart.clientWidth - drawn) > 4) draw(); }).observe(chart);
  section.hidden = false;
  draw();
})();
