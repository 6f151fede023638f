// Keys of the review screen. Without this script the same form works by mouse, touch and Tab.
(function () {
  "use strict";
  const page = document.getElementById("review");
  const form = document.getElementById("decision");
  if (!page || !form) return;

  const primaries = [...form.querySelectorAll('[name="primary"]')];
  const secondaries = [...form.querySelectorAll('[name="secondary"]')];
  const alerts = [...form.querySelectorAll('[name="alerts"]')];
  const secondary = document.getElementById("secondary");
  let choosingSecondary = false;
  let sent = false;

  // By the key's place, not its sign: the same with a Japanese input method switched on, and on the number pad.
  const PLACES = { Minus: "-", Equal: "^", NumpadSubtract: "-" };
  function keyOf(event) {
    const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
    if (digit) return digit[1];
    const letter = /^Key([A-Z])$/.exec(event.code);
    return letter ? letter[1] : PLACES[event.code] || event.key;
  }

  function withKey(boxes, key) {
    return boxes.find((box) => box.dataset.key === key);
  }

  function choose(radio) {
    radio.checked = true;
    radio.focus({ preventScroll: true });
    show();
  }

  function toggle(box) {
    box.checked = !box.checked;
    show();
  }

  // A reason is primary or secondary, not both. What is secondary is told on the reason itself and on the closed list.
  function show() {
    const chosen = primaries.find((radio) => radio.checked);
    for (const box of secondaries) {
      if (chosen && box.value === chosen.value) box.checked = false;
      const reason = primaries.find((radio) => radio.value === box.value);
      reason.closest(".pick").classList.toggle("also", box.checked);
    }
    const names = secondaries.filter((box) => box.checked).map((box) => box.dataset.name);
    document.getElementById("chosen").textContent = names.join("、");
  }

  function setChoosingSecondary(on) {
    choosingSecondary = on;
    page.classList.toggle("choosing-secondary", on);
    document.getElementById("mode").hidden = !on;
    secondary.open = false;
  }

  function step(by) {
    const at = primaries.findIndex((radio) => radio.checked);
    choose(primaries[(at + by + primaries.length) % primaries.length]);
  }

  function write(id) {
    const place = document.getElementById(id);
    if (!place) return;
    place.open = true;
    place.querySelector("textarea").focus();
  }

  function press(value) {
    const button = form.querySelector('[name="action"][value="' + value + '"]');
    if (button) form.requestSubmit(button);
  }

  function toggleHelp() {
    const help = document.getElementById("help");
    help.open = !help.open;
    if (help.open) help.scrollIntoView({ block: "nearest" });
  }

  const COMMANDS = {
    Enter: () => press("decide"),
    ArrowRight: () => press("skip"),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Escape: () => setChoosingSecondary(false),
    S: () => setChoosingSecondary(!choosingSecondary),
    N: () => write("note"),
    D: () => write("pass"),
    U: () => { const undo = document.getElementById("undo"); if (undo) undo.requestSubmit(); },
    "?": toggleHelp,
  };

  function inWords(event) {
    if (event.key === "Escape") {
      event.target.blur();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      press(event.target.name === "pass_note" ? "pass_on" : "decide");
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])")) return inWords(event);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    // Enter on a link, a button or a summary is that one's own.
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    const key = event.key === "?" ? "?" : keyOf(event);
    const reason = withKey(choosingSecondary ? secondaries : primaries, key);
    const alert = withKey(alerts, key);
    if (reason) choosingSecondary ? toggle(reason) : choose(reason);
    else if (alert) toggle(alert);
    else if (COMMANDS[key]) { if (event.repeat) return; COMMANDS[key](); }
    else return;
    event.preventDefault();
  });

  form.addEventListener("change", show);
  show();

  // With script the reasons themselves serve for the secondary ones as well; the list stays for those without.
  secondary.querySelector("summary").addEventListener("click", (event) => {
    event.preventDefault();
    setChoosingSecondary(!choosingSecondary);
  });
  for (const radio of primaries) {
    radio.addEventListener("click", (event) => {
      if (!choosingSecondary) return;
      event.preventDefault();
      const box = secondaries.find((each) => each.value === radio.value);
      setTimeout(() => toggle(box)); // after the browser has put the radio back
    });
  }

  // A second Enter before the next page is there must not decide the next answer.
  for (const each of document.querySelectorAll("form")) {
    each.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
  }
  window.addEventListener("pageshow", () => { sent = false; });
})();
