// Keys of the desk: / goes to the box, arrows walk the answers, F-keys do what they are written on.
// Everything here can be done without; the box in the bar turns it off (WCAG 2.1.4).
const box = document.getElementById("q");
const toggle = document.getElementById("touches");
const answers = [...document.querySelectorAll(".trouves a")];

toggle.parentElement.hidden = false;
toggle.checked = localStorage.getItem("touches") !== "non";
toggle.addEventListener("change", () => {
  localStorage.setItem("touches", toggle.checked ? "oui" : "non");
});

function isWriting(target) {
  return target.matches("input, select, textarea") && target.type !== "checkbox";
}

function walk(step) {
  const place = answers.indexOf(document.activeElement) + step;
  if (place < 0) box.focus();
  else answers[Math.min(place, answers.length - 1)].focus();
}

document.addEventListener("keydown", (event) => {
  if (!toggle.checked || event.altKey || event.ctrlKey || event.metaKey) return;
  const isOnAnswer = answers.includes(document.activeElement);
  if (event.key === "/" && !isWriting(event.target)) {
    box.focus();
    box.select();
  } else if (event.key === "ArrowDown" && answers.length && (isOnAnswer || event.target === box)) {
    walk(1);
  } else if (event.key === "ArrowUp" && isOnAnswer) {
    walk(-1);
  } else {
    const named = document.querySelector(`[data-touche="${CSS.escape(event.key)}"]`);
    if (!named) return;
    named.click();
  }
  event.preventDefault();
});

// The browser prints without it as well: the button is only nearer.
for (const button of document.querySelectorAll("[data-imprimer]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
