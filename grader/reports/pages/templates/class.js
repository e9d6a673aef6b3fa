"use strict";
// Table of students. Search, filters and sorting apply to all students, but only one page of rows is in the document.
const data = JSON.parse(document.getElementById("data").textContent);
const { rows, functions, kinds, words, letters, partly, marks } = data;
const ID = 0, NAME = 1, PAGE = 2, SCORE = 3, MOST = 4, CELLS = 5, MARKS = 6, REVIEW = 1;
const PRINTED = 2000, TALL = 300;
const $ = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
const points = (score) => score === null ? "—" : String(Math.round(score * 100) / 100);
const share = (row) => row[SCORE] === null ? -1 : row[MOST] ? row[SCORE] / row[MOST] : 0;
const kindOf = (letter) => letter === undefined ? "untouched" : letters[letter] ?? "partly";
const partOf = (letter) => letter === "P" ? 101 : letters[letter] ? { W: 0, S: -1, U: -2, M: -3, F: -4 }[letter] : letter.charCodeAt(0) - partly;
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const element = (tag, text = "", name = "") => {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  return made;
};

// Columns: each has a heading, and a function that returns the value to sort by.
const who = (row) => row[NAME] || row[ID], names = rows.map(who);
const columns = [
  { head: words.student, key: who, text: true },
  { head: words.points, key: (row) => row[SCORE] ?? -1, down: true },
  { head: "%", key: share, down: true },
  { head: words.status, key: (row) => -(row[MARKS] & REVIEW ? 1 << marks.length : 0) - row[MARKS], text: false },
  ...functions.map((head, place) => ({ head, key: (row) => partOf(row[CELLS][place] ?? "U"), turned: true })),
];

let order = rows.map((_, number) => number), shown = order, page = 0, size = 50, chosen = 0, sign = 1, group = null, texts = null;

function sortBy(column, direction) {
  chosen = column;
  sign = direction;
  const { key, text } = columns[column];
  const keys = rows.map(key);
  order = rows.map((_, number) => number);
  const by = text ? (a, b) => compare(keys[a], keys[b]) : (a, b) => keys[a] - keys[b];
  // Students with equal keys stay in the order of their names.
  order.sort((a, b) => sign * by(a, b) || (text ? 0 : compare(names[a], names[b])) || a - b);
  filter();
}

function filter() {
  const wanted = plain($("search").value.trim()), place = functions.indexOf($("of").value), kind = $("is").value;
  if (wanted) texts ??= rows.map((row) => plain(`${row[NAME]}\n${row[ID]}`));
  const has = (row) => !kind || (place < 0 ? [...row[CELLS]].some((letter) => kindOf(letter) === kind) : kindOf(row[CELLS][place]) === kind);
  shown = order.filter((number) => (!group || group.test(number)) && (!wanted || texts[number].includes(wanted)) && has(rows[number]));
  page = 0;
  draw();
}

function draw() {
  const first = page * size, last = Math.min(first + size, shown.length);
  drawRows(first, last);
  $("back").disabled = !page;
  $("next").disabled = last >= shown.length;
  const sorted = fill(sign > 0 ? words.ascending : words.descending, { column: columns[chosen].head });
  const some = fill(words.some, { first: first + 1, last, number: shown.length, all: rows.length });
  $("found").textContent = shown.length ? `${some} · ${sorted}` : words.none;
  $("clear").hidden = !group;
  if (group) $("clear").textContent = `${group.name} ✕`;
  [...$("students").tHead.rows[0].cells].forEach((head, column) => {
    if (column === chosen) head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    else head.removeAttribute("aria-sort");
  });
  drawOverview();
}

function drawRows(first, last) {
  const made = document.createDocumentFragment();
  for (const number of shown.slice(first, last)) made.append(drawRow(rows[number]));
  $("students").tBodies[0].replaceChildren(made);
}

function drawRow(row) {
  const line = document.createElement("tr"), head = element("th"), name = element("bdi", who(row));
  head.scope = "row";
  if (row[PAGE]) {
    const link = element("a");
    link.href = `students/${row[PAGE]}.html`;
    link.append(name);
    head.append(link);
  } else head.append(name);
  head.title = who(row);
  if (row[NAME]) head.append(element("span", row[ID], "id"));
  const unscored = row[CELLS].includes("F") ? kinds.fault : kinds.missing;
  const state = row[SCORE] === null ? unscored : words.ok;
  const percent = share(row) < 0 ? "—" : `${Math.floor(share(row) * 100 + 1e-9)} %`;
  line.append(head, element("td", `${points(row[SCORE])} / ${points(row[MOST])}`, "number"), element("td", percent, "number"));
  const status = element("td", "", "state");
  const own = marks.filter((_, bit) => row[MARKS] & 1 << bit);
  status.append(...own.map((mark, place) => element("span", mark, place || !(row[MARKS] & REVIEW) ? "mark" : "mark first")));
  if (!(row[MARKS] & REVIEW) || row[SCORE] === null) status.prepend(`${state} `);
  line.append(status);
  functions.forEach((called, place) => {
    const letter = row[CELLS][place] ?? "U", kind = kindOf(letter);
    const text = { P: "✓", S: "!", U: "○", M: "–", F: "?", W: "✗" }[letter] ?? String(letter.charCodeAt(0) - partly);
    const cell = element("td", text, `cell ${kind}`);
    cell.title = `${who(row)} · ${called}: ${kinds[kind]}`;
    cell.append(element("span", kind === "partly" ? " %" : ` ${kinds[kind]}`, "unseen"));
    line.append(cell);
  });
  return line;
}

// Overview of the shown students, best first: one line for each student, or a sample of TALL students if there are more.
function drawOverview() {
  const figure = $("overview"), canvas = figure.querySelector("canvas");
  figure.hidden = rows.length <= 50 || !shown.length;
  if (figure.hidden) return;
  const best = shown.slice().sort((a, b) => share(rows[b]) - share(rows[a]) || a - b);
  const lines = Math.min(best.length, TALL), high = Math.max(1, Math.floor(TALL / 2 / lines)), wide = Math.max(8, Math.floor(1000 / functions.length));
  Object.assign(canvas, { width: wide * functions.length, height: high * lines });
  const style = getComputedStyle(document.documentElement), pen = canvas.getContext("2d");
  const colors = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, style.getPropertyValue(`--${kind}`)]));
  for (let y = 0; y < lines; y++) {
    const cells = rows[best[Math.floor(y * best.length / lines)]][CELLS];
    functions.forEach((_, place) => {
      const letter = cells[place], kind = kindOf(letter);
      pen.fillStyle = colors[kind];
      pen.globalAlpha = kind === "partly" ? 0.45 + partOf(letter) / 200 : 1;
      pen.fillRect(place * wide, y * high, wide, high);
    });
  }
  const text = fill(lines < best.length ? words.sampled : words.overview, { lines, number: best.length });
  figure.querySelector("figcaption").textContent = text;
  canvas.setAttribute("aria-label", text);
  const under = (event) => best[Math.max(0, Math.min(best.length - 1, Math.floor(event.offsetY / canvas.clientHeight * best.length)))];
  canvas.onmousemove = (event) => {
    const place = Math.min(functions.length - 1, Math.max(0, Math.floor(event.offsetX / canvas.clientWidth * functions.length)));
    canvas.title = `${who(rows[under(event)])} · ${functions[place]}: ${kinds[kindOf(rows[under(event)][CELLS][place])]}`;
  };
  canvas.onclick = (event) => {
    const number = under(event);
    sortBy(1, -1);
    goTo(Math.floor(shown.indexOf(number) / size));
  };
}

function goTo(wanted) {
  page = Math.max(0, Math.min(wanted, Math.ceil(shown.length / size) - 1));
  draw();
}

// Show only the students whom a filter selects: a group, a bar of the chart of totals, or a part of a function's bar.
function choose(name) {
  const [sort, first, second] = name.split(":");
  $("of").value = $("is").value = $("search").value = "";
  group = null;
  if (sort === "kind") {
    $("of").value = first;
    $("is").value = second;
  } else if (sort === "bin") {
    const bin = Number(first);
    group = { name: `${bin * 10}–${bin * 10 + 10} %`, test: (number) => share(rows[number]) >= 0 && Math.min(9, Math.floor(share(rows[number]) * 10 + 1e-9)) === bin };
  } else if (sort === "total") {
    group = { name: kinds[first], test: (number) => rows[number][SCORE] === null && rows[number][CELLS].includes("F") === (first === "fault") };
  } else {
    const members = new Set(data.groups[name]);
    group = { name: sort === "need" ? words.human : first, test: (number) => members.has(number) };
  }
  filter();
  $("everybody").scrollIntoView();
  $("search").focus({ preventScroll: true });
}

function headButton(head, text, act) {
  const button = element("button");
  button.type = "button";
  if (text) button.textContent = text;
  else button.append(...head.childNodes);
  button.addEventListener("click", act);
  head.append(button);
}

columns.forEach(({ head, text, turned, down }, column) => {
  const cell = element("th", "", turned ? "turned" : text || column === 3 ? "" : "number");
  cell.scope = "col";
  headButton(cell, head, () => sortBy(column, chosen === column ? -sign : down ? -1 : 1));
  $("students").tHead.rows[0].append(cell);
});
$("search").addEventListener("input", filter);
for (const id of ["of", "is"]) $(id).addEventListener("change", filter);
$("size").addEventListener("change", () => { size = Number($("size").value); goTo(0); });
$("back").addEventListener("click", () => goTo(page - 1));
$("next").addEventListener("click", () => goTo(page + 1));
$("clear").addEventListener("click", () => { group = null; filter(); $("search").focus(); });
document.addEventListener("click", ({ target }) => { if (target.dataset?.filter) choose(target.dataset.filter); });
document.querySelectorAll(".show").forEach((button) => { button.hidden = false; });
document.body.classList.add("alive");

// Table of functions. It has few rows, and all are in the document, so sorting only changes their order.
const table = $("functions");
[...table.tHead.rows[0].cells].slice(0, 3).forEach((head, column) => headButton(head, "", () => {
  const up = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  [...table.tHead.rows[0].cells].forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up > 0 ? "ascending" : "descending");
  const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const by = column ? (a, b) => Number(key(a)) - Number(key(b)) : (a, b) => compare(key(a), key(b));
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort((a, b) => up * by(a, b)));
}));

$("live").hidden = false;
if (rows.some((row) => row[MARKS] & REVIEW)) sortBy(3, 1);
else if (rows.some((row) => row[NAME])) sortBy(0, 1);
else draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawOverview);
addEventListener("beforeprint", () => {
  document.querySelectorAll("details").forEach((part) => { part.open = true; });
  drawRows(0, Math.min(shown.length, PRINTED));
});
addEventListener("afterprint", draw);
