// The screen of a reader: asks its box's last answer once a second, shows it and plays it.
const EVERY_MS = 1000;
const SHOWN_MS = { no: 4000 };
const SHOWN_MS_OTHERWISE = 2500;
const BLANK_MS = 200; // between two answers, or the same given twice looks like one

const screen_ = document.querySelector(".lecteur[data-said]");
const answer = document.querySelector(".reponse");
let seq = screen_ && Number(screen_.dataset.seq);
let goes = 0;
let comes = 0;

function show(isSoft) {
  const shown = answer.querySelector(".tap");
  if (!shown) return;
  playSound(shown.dataset.sound, isSoft);
  clearTimeout(goes);
  if (!screen_) return;
  const lasts = SHOWN_MS[shown.dataset.sound] || SHOWN_MS_OTHERWISE;
  goes = setTimeout(() => answer.replaceChildren(), lasts);
}

function change(drawn, isSoft) {
  const draw = () => {
    answer.innerHTML = drawn; // ours, escaped by the server
    show(isSoft);
  };
  clearTimeout(comes);
  if (!answer.firstElementChild) return draw();
  answer.replaceChildren();
  comes = setTimeout(draw, BLANK_MS);
}

async function ask() {
  const offline = document.querySelector(".hors");
  try {
    const response = await fetch(screen_.dataset.said, { cache: "no-store" });
    if (!response.ok) throw new Error(response.status);
    const told = await response.json();
    offline.hidden = true;
    if (told.seq !== seq) {
      seq = told.seq;
      change(told.drawn, told.soft);
    }
  } catch {
    offline.hidden = false;
  }
  setTimeout(ask, EVERY_MS);
}

// Browsers play nothing before somebody touched the page: say so, and be touched by keys too.
const muted = document.querySelector(".muet");
if (muted && window.AudioContext) {
  const tell = () => {
    muted.hidden = ears().state === "running";
  };
  ears().addEventListener("statechange", tell);
  muted.addEventListener("click", () => playSound("again", false));
  tell();
}

if (answer) show(false);
if (screen_) setTimeout(ask, EVERY_MS);
for (const button of document.querySelectorAll("[data-play]")) {
  button.hidden = false;
  button.addEventListener("click", () => playSound(button.dataset.play, false));
}
