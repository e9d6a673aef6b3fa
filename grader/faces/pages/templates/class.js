"use strict";
// Sort the students by a click on a column's head, and search them. Without a script the page shows everything.
const table = document.getElementById("students");
const words = new Intl.Collator(document.documentElement.lang, { numeric: true });
const heads = [...table.tHead.rows[0].cells];
const value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent;

heads.forEach((head, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    const number = head.classList.contains("number");
    const order = number ? (a, b) => a - b : words.compare;
    const keyed = [...table.tBodies[0].rows].map((row) => [number ? Number(value(row, column)) : value(row, column), row]);
    keyed.sort(([a], [b]) => sign * order(a, b));
    const sorted = document.createDocumentFragment();
    keyed.forEach(([, row]) => sorted.append(row));
    table.tBodies[0].append(sorted);
  });
});

const field = document.getElementById("search");
const count = document.getElementById("found");
field.addEventListener("input", () => {
  const wanted = field.value.trim().toLowerCase();
  let shown = 0;
  for (const row of table.tBodies[0].rows) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
    shown += !row.hidden;
  }
  count.textContent = wanted ? `${shown} / ${table.tBodies[0].rows.length}` : "";
});
document.getElementById("tools").hidden = false;

// A cell of the heat map says on hovering whose it is.
document.getElementById("heat")?.addEventListener("mouseover", ({ target, currentTarget }) => {
  if (target.tagName === "TD" && !target.title) {
    const row = target.parentElement;
    const head = currentTarget.tHead.rows[0].cells[target.cellIndex];
    target.title = `${row.cells[0].textContent.trim()} · ${head.textContent.trim()}: ${target.textContent}`;
  }
});
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
