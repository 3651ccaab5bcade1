"use strict";
// Tables that sort by their heads, filter by the fields below them, and show their first rows.
// Without this script they are plain tables. Cells without a number come last, whichever way a
// column is sorted.
(function () {
  const FIRST_ROWS = 25;
  const FEWEST_TO_FILTER = 8;
  // As typed on a keyboard, without the minus signs and the spaces of the page.
  const plain = (text) => text.replace(/\u2212/g, "-").replace(/\u00a0/g, " ").trim();
  const number = (cell) => parseFloat(plain(cell.textContent).replace(/,/g, ""));
  const text = (cell) => plain(cell.textContent).toLowerCase();
  const isNumeric = (head) => head.classList.contains("number");

  function compare(one, other, numeric, sign) {
    if (!numeric) return sign * text(one).localeCompare(text(other), "en");
    const a = number(one), b = number(other);
    if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b);
    return sign * (a - b);
  }

  // A number, or a limit such as >0.5; null of anything else.
  function numberTest(wanted) {
    const found = /^(<=|>=|<|>|=)?\s*([-+]?[\d.][\d.,]*(?:e[-+]?\d+)?)\s*%?$/i.exec(wanted);
    if (!found) return null;
    const limit = parseFloat(found[2].replace(/,/g, ""));
    const holds = {
      "<": (n) => n < limit, ">": (n) => n > limit,
      "<=": (n) => n <= limit, ">=": (n) => n >= limit,
    }[found[1]] || ((n) => n === limit);
    return (cell) => holds(number(cell));
  }

  const textTest = (wanted) => (cell) => text(cell).includes(wanted.toLowerCase());

  // Commas separate alternatives, except for those within a number, such as 10,000, and within a
  // text that the column has.
  function test(wanted, numeric, cells) {
    const one = (part) => (numeric && numberTest(part)) || textTest(part);
    const parts = wanted.split(numeric ? /,(?!\d{3}(?!\d))/ : ",").map((part) => part.trim());
    if (parts.length === 1 || (!numeric && cells.some(textTest(wanted)))) return one(wanted);
    const tests = parts.filter(Boolean).map(one);
    return (cell) => tests.some((each) => each(cell));
  }

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  // Shows the first rows of those that pass the filters, or all of them.
  function listRows(table, rows) {
    let showsAll = rows.length <= FIRST_ROWS + 5;
    const more = element("button", { type: "button", className: "more" });
    more.addEventListener("click", () => { showsAll = true; show(); });
    if (!showsAll) table.closest(".wide").after(more);

    function show() {
      const passing = Array.from(table.tBodies[0].rows).filter((row) => !row.dataset.filtered);
      for (const row of rows) row.hidden = true;
      passing.forEach((row, place) => {
        row.hidden = false;
        row.classList.toggle("beyond", !showsAll && place >= FIRST_ROWS);
      });
      more.hidden = showsAll || passing.length <= FIRST_ROWS;
      more.textContent = "Show all " + passing.length.toLocaleString("en") + " rows";
      return passing.length;
    }

    // Makes one row visible, whatever the filters and the button say.
    function reveal(row) {
      showsAll = true;
      delete row.dataset.filtered;
      show();
    }
    return { show, reveal };
  }

  function sortable(table, heads, rows, list) {
    heads.forEach((head, column) => {
      if (head.classList.contains("detail")) return;
      const button = element("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const sorted = rows.slice().sort((a, b) =>
          compare(a.cells[column], b.cells[column], isNumeric(head), down ? -1 : 1));
        table.tBodies[0].append(...sorted);
        list.show();
      });
    });
  }

  function filterable(table, heads, rows, list) {
    const line = table.tHead.insertRow();
    line.className = "filters";
    const state = element("span");
    state.setAttribute("role", "status");
    const reset = element("button", { type: "button", textContent: "Show all rows", hidden: true });
    const help = "The fields below the column names filter rows: 2, or 2,3, or >0.5, or a word.";
    table.closest(".wide").before(element("div", { className: "tools" }, help, state, reset));
    const inputs = heads.map((head) => {
      if (head.classList.contains("detail")) { line.insertCell(); return null; }
      const name = element(
        "span", { className: "hidden", textContent: "Filter " + head.textContent.trim() });
      const input = element(
        "input", { type: "text", size: 1, autocomplete: "off", spellcheck: false });
      line.insertCell().append(element("label", {}, name, input));
      input.addEventListener("input", apply);
      input.addEventListener("keydown", (event) => {
        if (event.key === "Escape") { input.value = ""; apply(); }
      });
      return input;
    });

    function apply() {
      const tests = inputs.map((input, column) => {
        const wanted = input && plain(input.value);
        const cells = rows.map((row) => row.cells[column]);
        return wanted && test(wanted, isNumeric(heads[column]), cells);
      });
      for (const row of rows) {
        const passes = tests.every((each, column) => !each || each(row.cells[column]));
        if (passes) delete row.dataset.filtered; else row.dataset.filtered = "true";
      }
      const shown = list.show();
      reset.hidden = !tests.some(Boolean);
      state.textContent = reset.hidden ? "" : shown.toLocaleString("en") + " of "
        + rows.length.toLocaleString("en") + " rows";
    }
    reset.addEventListener("click", () => {
      for (const input of inputs.filter(Boolean)) input.value = "";
      apply();
      inputs[0].focus();
    });
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = Array.from(table.tHead.rows[0].cells), rows = Array.from(table.tBodies[0].rows);
    const list = listRows(table, rows);
    sortable(table, heads, rows, list);
    if (rows.length >= FEWEST_TO_FILTER) filterable(table, heads, rows, list);
    list.show();
    table.addEventListener("reveal", (event) => list.reveal(event.target));
  }
})();
