// The picture is as wide as the window. A click on a box makes it as wide as the picture; the search lights up the
// boxes whose names contain a text.
"use strict";
const root = document.documentElement;
const boxes = [...root.querySelectorAll(".box")].map((group) => ({
  group,
  frame: group.querySelector("svg"),
  name: group.querySelector("text").textContent,
  about: group.querySelector("title").textContent,
  begin: Number(group.dataset.begin),
  end: Number(group.dataset.end),
}));
const height = root.viewBox.baseVal.height;
const total = Math.max(1, ...boxes.map((box) => box.end));
const element = (id) => root.getElementById(id);
const [title, search, reset, details] = ["title", "search", "reset", "details"].map(element);
const all = details.textContent;
const shown = { begin: 0, end: total };
let width = root.viewBox.baseVal.width;
search.textContent = "search";

function zoom(begin, end) {
  Object.assign(shown, { begin, end });
  for (const box of boxes) {
    const from = Math.max(box.begin, begin);
    const to = Math.min(box.end, end);
    box.frame.setAttribute("x", ((from - begin) / (end - begin)) * width);
    box.frame.setAttribute("width", (Math.max(0, to - from) / (end - begin)) * width);
    box.group.style.display = to > from ? "" : "none";
    box.group.classList.toggle("outer", box.begin < begin || box.end > end);
  }
  reset.textContent = begin > 0 || end < total ? "whole picture" : "";
}

function fit() {
  width = Math.max(320, root.clientWidth || window.innerWidth);
  root.removeAttribute("style");
  root.setAttribute("width", width);
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  title.setAttribute("x", width / 2);
  search.setAttribute("x", width - 10);
  zoom(shown.begin, shown.end);
}

function find() {
  const text = prompt("Light up the boxes whose names contain:", "");
  if (text === null) return;
  // Boxes upon one another count once.
  const found = boxes.filter((box) => {
    const is = text !== "" && box.name.includes(text);
    box.group.classList.toggle("found", is);
    return is;
  }).sort((a, b) => a.begin - b.begin || b.end - a.end);
  let sum = 0;
  let last = 0;
  for (const box of found) {
    sum += Math.max(0, box.end - Math.max(box.begin, last));
    last = Math.max(last, box.end);
  }
  details.textContent = text === "" ? all : `“${text}”: ${((100 * sum) / total).toFixed(1)} % of ${all}`;
}

for (const box of boxes) {
  box.group.addEventListener("click", () => zoom(box.begin, box.end));
  box.group.addEventListener("mouseenter", () => { details.textContent = box.about; });
  box.group.addEventListener("mouseleave", () => { details.textContent = all; });
}
reset.addEventListener("click", () => zoom(0, total));
search.addEventListener("click", find);
window.addEventListener("resize", fit);
fit();
