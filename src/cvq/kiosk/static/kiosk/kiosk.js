// What a kiosk does by itself: forgets whoever left, reads aloud, plays the sound of an answer.
// Every form works without it; the server forgets too, a little later.
const SECONDS_OF_WARNING = 20;

const kiosk = document.querySelector(".borne");
const question = document.querySelector("dialog.encore");
let left = 0;
let ticking = 0;

function begin() {
  left = Number(kiosk.dataset.idle);
}

function leave() {
  clearInterval(ticking);
  const form = document.querySelector(".reglages");
  form.action = kiosk.dataset.leave;
  form.submit();
}

function count() {
  left -= 1;
  if (left <= 0) return leave();
  if (left <= SECONDS_OF_WARNING && Number(kiosk.dataset.idle) > SECONDS_OF_WARNING) {
    if (!question.open) question.showModal();
    question.querySelector(".reste").textContent = left;
  }
}

async function stay() {
  const body = new FormData(document.querySelector(".reglages"));
  const answer = await fetch(question.dataset.stay, { method: "POST", body });
  if (!answer.ok) return leave();
  question.close();
  begin();
}

if (kiosk.dataset.idle) {
  begin();
  ticking = setInterval(count, 1000);
  question.addEventListener("cancel", (event) => event.preventDefault());
  question.querySelector("button").addEventListener("click", stay);
}

// Nobody showed a card: back to the first page, whose hour and light follow the day.
if (kiosk.dataset.waits) {
  setInterval(async () => {
    const answer = await fetch(kiosk.dataset.home, { method: "HEAD" }).catch(() => null);
    if (answer && answer.ok) location.assign(kiosk.dataset.home); // else the line is down: stay
  }, 1000 * Number(kiosk.dataset.waits));
}

const listen = document.querySelector(".ecouter");
if (listen && window.speechSynthesis) {
  listen.hidden = false;
  listen.addEventListener("click", () => {
    if (speechSynthesis.speaking) return speechSynthesis.cancel();
    for (const part of document.querySelectorAll(".vue .dit, .solde, main")) {
      const words = new SpeechSynthesisUtterance(part.innerText);
      words.lang = document.documentElement.lang;
      speechSynthesis.speak(words);
    }
  });
}

const answered = document.querySelector("[data-sound]");
if (answered) playSound(answered.dataset.sound, false);

const read = document.querySelector("[data-reading]");
if (read) {
  document.querySelector("form.gestes").addEventListener("submit", () => {
    read.textContent = read.dataset.reading;
  });
}
