"use strict";
// Tables that sort by their heads and filter by the fields below them. Without this script they
// are plain tables. Fields that hold no number come last, whichever way a column is sorted.
(function () {
  const number = (cell) => parseFloat(cell.textContent.replace(/,/g, ""));
  const text = (cell) => cell.textContent.trim().toLowerCase();

  function compare(one, other, numeric, sign) {
    if (!numeric) return sign * text(one).localeCompare(text(other), "en");
    const a = number(one), b = number(other);
    if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b);
    return sign * (a - b);
  }

  function test(wanted, numeric) {
    const found = /^(<=|>=|<|>|=)?\s*([-+]?[\d.][\d.,]*(?:e[-+]?\d+)?)\s*%?$/i.exec(wanted);
    if (!numeric || !found) return (cell) => text(cell).includes(wanted.toLowerCase());
    const limit = parseFloat(found[2].replace(/,/g, ""));
    const holds = {
      "<": (n) => n < limit, ">": (n) => n > limit,
      "<=": (n) => n <= limit, ">=": (n) => n >= limit,
    }[found[1]] || ((n) => n === limit);
    return (cell) => holds(number(cell));
  }

  function sortable(table, heads, rows) {
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const numeric = head.classList.contains("number");
        const sorted = rows.slice().sort(
          (a, b) => compare(a.cells[column], b.cells[column], numeric, down ? -1 : 1));
        table.tBodies[0].append(...sorted);
      });
    });
  }

  function filterable(table, heads, rows) {
    const line = table.tHead.insertRow();
    line.className = "filters";
    const tools = document.createElement("div"), state = document.createElement("span");
    const reset = document.createElement("button");
    tools.className = "tools";
    state.setAttribute("role", "status");
    reset.type = "button";
    reset.textContent = "Show all rows";
    reset.hidden = true;
    tools.append("Type 2, >0.5 or a word below a head to filter.", state, reset);
    table.closest(".wide").before(tools);
    const inputs = heads.map((head, column) => {
      const label = document.createElement("label"), name = document.createElement("span");
      const input = document.createElement("input");
      name.className = "hidden";
      name.textContent = "Filter " + head.textContent.trim();
      input.type = "text";
      input.size = 1;
      input.autocomplete = "off";
      input.spellcheck = false;
      label.append(name, input);
      line.insertCell().append(label);
      input.addEventListener("input", apply);
      input.addEventListener("keydown", (event) => {
        if (event.key === "Escape") { input.value = ""; apply(); }
      });
      return input;
    });
    function apply() {
      const tests = inputs.map((input, column) => {
        const wanted = input.value.trim();
        return wanted && test(wanted, heads[column].classList.contains("number"));
      });
      let shown = 0;
      for (const row of rows) {
        row.hidden = tests.some((each, column) => each && !each(row.cells[column]));
        shown += !row.hidden;
      }
      reset.hidden = !tests.some(Boolean);
      state.textContent = reset.hidden ? "" : shown.toLocaleString("en") + " of "
        + rows.length.toLocaleString("en") + " rows";
    }
    reset.addEventListener("click", () => {
      for (const input of inputs) input.value = "";
      apply();
      inputs[0].focus();
    });
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = Array.from(table.tHead.rows[0].cells), rows = Array.from(table.tBodies[0].rows);
    sortable(table, heads, rows);
    if (rows.length >= 8) filterable(table, heads, rows);
  }

  // A link into a part that is folded unfolds it, in browsers that don't do so themselves.
  function unfold() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const folded = target && target.closest("details");
    if (folded && !folded.open) {
      folded.open = true;
      target.scrollIntoView();
    }
  }
  addEventListener("hashchange", unfold);
  unfold();
})();
