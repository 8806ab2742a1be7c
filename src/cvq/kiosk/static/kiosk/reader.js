// The screen of a reader: asks its box's last answer once a second, shows it and plays it.
const EVERY_MS = 1000;
const SHOWN_MS = { no: 4000 };
const SHOWN_MS_OTHERWISE = 2500;

const screen_ = document.querySelector(".lecteur[data-said]");
const answer = document.querySelector(".reponse");
let seq = screen_ && Number(screen_.dataset.seq);
let goes = 0;

function show(isSoft) {
  const shown = answer.querySelector(".tap");
  if (!shown) return;
  playSound(shown.dataset.sound, isSoft);
  clearTimeout(goes);
  if (!screen_) return;
  const lasts = SHOWN_MS[shown.dataset.sound] || SHOWN_MS_OTHERWISE;
  goes = setTimeout(() => answer.replaceChildren(), lasts);
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
      answer.innerHTML = told.drawn; // ours, escaped by the server
      show(told.soft);
    }
  } catch {
    offline.hidden = false;
  }
  setTimeout(ask, EVERY_MS);
}

if (answer) show(false);
if (screen_) setTimeout(ask, EVERY_MS);
for (const button of document.querySelectorAll("[data-play]")) {
  button.hidden = false;
  button.addEventListener("click", () => playSound(button.dataset.play, false));
}
