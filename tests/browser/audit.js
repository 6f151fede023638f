// What every page must hold, looked at in the browser itself. Returns sentences; none is right.
(options) => {
  const wrong = [];
  const name = (node) => `<${node.tagName.toLowerCase()}${node.id ? "#" + node.id : ""}${node.className && node.className.baseVal === undefined ? "." + String(node.className).trim().split(/\s+/).join(".") : ""}> ${(node.innerText || node.value || "").trim().slice(0, 30)}`;
  const visible = (node) => {
    const box = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    return box.width > 0 && box.height > 0 && style.visibility !== "hidden" && style.opacity !== "0" && !node.closest("[hidden]") && node.checkVisibility();
  };

  // Structure
  if (!document.documentElement.lang) wrong.push("no lang");
  if (!document.title.trim() || document.title.trim().startsWith("—")) wrong.push(`no title: ${document.title}`);
  const headings = [...document.querySelectorAll("h1")].filter(visible);
  if (headings.length !== 1) wrong.push(`${headings.length} visible h1`);
  if (document.querySelectorAll("main").length !== 1) wrong.push("not one main");
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) !== place))) wrong.push(`id twice: ${id}`);

  // Names for everything that can be operated or seen
  for (const node of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    const labelled = (node.labels && [...node.labels].some((label) => label.textContent.trim())) || node.getAttribute("aria-label") || (node.getAttribute("aria-labelledby") || "").split(" ").some((id) => id && document.getElementById(id)) || (["submit", "button"].includes(node.type) && node.value);
    if (!labelled) wrong.push(`no label: ${name(node)}`);
  }
  for (const node of document.querySelectorAll("a[href], button, summary")) {
    if (visible(node) && !(node.innerText.trim() || node.textContent.trim() || node.getAttribute("aria-label") || node.title)) wrong.push(`no name: ${name(node)}`);
  }
  for (const node of document.querySelectorAll("img")) if (!node.hasAttribute("alt")) wrong.push(`no alt: ${node.src}`);
  for (const node of document.querySelectorAll("svg")) {
    if (visible(node) && !node.closest("[aria-hidden=true]") && !(node.getAttribute("aria-label") || node.getAttribute("aria-labelledby") || node.querySelector("title") || ["none", "presentation"].includes(node.getAttribute("role")))) wrong.push(`picture without words: ${name(node.parentElement)}`);
  }
  for (const node of document.querySelectorAll("[aria-describedby], [aria-labelledby], [aria-controls]")) {
    for (const kind of ["aria-describedby", "aria-labelledby", "aria-controls"]) {
      for (const id of (node.getAttribute(kind) || "").split(/\s+/)) if (id && !document.getElementById(id)) wrong.push(`${kind} leads nowhere: ${id}`);
    }
  }
  for (const table of document.querySelectorAll("table")) if (!table.querySelector("th")) wrong.push("table without headers");

  // Nothing wider than the screen
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width + 1) {
    const widest = [...document.querySelectorAll("body *")].filter((node) => visible(node) && node.getBoundingClientRect().right > width + 1 && !node.closest(".scroll, pre, nav")).slice(0, 4).map(name);
    wrong.push(`wider than the screen (${document.documentElement.scrollWidth} > ${width}): ${widest.join(" | ")}`);
  }

  // Contrast of text against what is behind it (WCAG 2: 4.5, large text 3)
  const parse = (text) => { const found = text.match(/[\d.]+/g); return found ? found.map(Number) : [0, 0, 0, 0]; };
  const light = ([r, g, b]) => [r, g, b].map((value) => value / 255).map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)).reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null;
      const color = parse(style.backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
      if (color.length === 4 && color[3] > 0) return null;
    }
    return [255, 255, 255];
  };
  const seen = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !node || node.closest("svg, script, style, [disabled], .visually-hidden, option") || !visible(node)) continue;
    const style = getComputedStyle(node);
    const ground = behind(node);
    if (!ground) continue;
    const [one, two] = [light(parse(style.color)), light(ground)].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && parseInt(style.fontWeight) >= 700);
    const key = `${style.color} on ${ground}`;
    if (ratio < (large ? 3 : 4.5) - 0.05 && !seen.has(key)) { seen.add(key); wrong.push(`contrast ${ratio.toFixed(2)} (${key}): ${name(node)}`); }
  }

  // Targets for a finger
  if (options.touch) {
    for (const node of document.querySelectorAll("a.btn, button, input[type=radio], input[type=checkbox], select, nav a")) {
      if (!visible(node)) continue;
      const label = ["radio", "checkbox"].includes(node.type) && node.labels && node.labels[0];
      const box = (label && visible(label) ? label : node).getBoundingClientRect();
      if (box.height < options.touch - 1 && !node.closest("td, .slim, .pages")) wrong.push(`small target ${Math.round(box.height)} px: ${name(node)}`);
    }
  }
  return wrong;
}
