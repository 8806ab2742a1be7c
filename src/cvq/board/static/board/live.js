/* Keeps an open board up to date: told by the stream, else asking.  Without this file the page is
   whole, and « Actualiser » reads it again. */
"use strict";
(() => {
  const board = document.querySelector(".direct");
  const SHOWN = 12, ASK_MS = 10_000, ASK_WHILE_TOLD_MS = 30_000, LATE_MS = 60_000, FLASH_MS = 3_000;
  const PARTS = ["chiffres", "carte", "faire", "flux", "parc", "quarts", "appareils"];
  let heardAt = Date.now(), paused = false, told = false, asking = null, source = null;

  const byId = (id) => document.getElementById(id);
  const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u00a0");

  function heard() {
    heardAt = Date.now();
    say();
  }

  function say() {
    const late = Date.now() - heardAt > LATE_MS;
    const text = paused ? board.dataset.paused : late ? board.dataset.late : "";
    const place = byId("ajour");
    if (place && place.textContent !== text) place.textContent = text;
  }

  function flash(insee) {
    const mark = document.querySelector(`.m[data-insee="${CSS.escape(insee)}"]`);
    if (!mark) return;
    mark.classList.add("ici");
    setTimeout(() => mark.classList.remove("ici"), FLASH_MS);
  }

  function show(tap) {
    const list = document.querySelector("#flux ol");
    const shape = byId(`badge-${tap.kind}`);
    if (!list || !shape || list.querySelector(`[data-k="${CSS.escape(tap.k)}"]`)) return;
    const line = shape.content.firstElementChild.cloneNode(true);
    line.dataset.k = tap.k;
    line.dataset.t = tap.t;
    line.querySelector("time").textContent = tap.at;
    line.querySelector(".ou").textContent = tap.place;
    line.classList.add("neuf");
    setTimeout(() => line.classList.remove("neuf"), 1200);
    // A journal that comes late is told late: each tap stands where its hour is.
    const older = [...list.children].find((one) => Number(one.dataset.t) <= tap.t);
    list.insertBefore(line, older ?? null);
    while (list.children.length > SHOWN) list.lastElementChild.remove();
    document.querySelector("#flux .rien")?.remove();
    flash(tap.insee);
  }

  function taken(event) {
    heard();
    if (paused) return;
    const news = JSON.parse(event.data);
    const figure = byId("n-badges");
    if (figure) {
      figure.dataset.n = Number(figure.dataset.n) + news.count;
      figure.textContent = grouped(figure.dataset.n);
    }
    news.taps.forEach(show);
  }

  function clock(event) {
    heard();
    const place = byId("heure");
    const french = document.documentElement.lang === "fr";
    const [hour, minute] = event.data.split(":");
    const minutes = minute === "00" ? "" : `\u00a0${minute}`;
    if (place && !paused) place.textContent = french ? `${hour}\u00a0h${minutes}` : event.data;
  }

  function replace(fresh) {
    for (const id of PARTS) {
      const here = byId(id), there = fresh.getElementById(id);
      // What somebody is in the middle of is left alone, and the taps are the stream's while it tells.
      if (!here || !there || here.contains(document.activeElement) || (id === "flux" && told)) continue;
      const open = here.querySelector("details[open]");
      here.replaceWith(there);
      if (open) there.querySelector("details")?.setAttribute("open", "");
    }
    say();
  }

  async function ask() {
    if (asking || paused || document.hidden) return;
    asking = new AbortController();
    try {
      const reply = await fetch(board.dataset.state, { signal: asking.signal, credentials: "same-origin" });
      if (reply.redirected || reply.status === 404) return location.reload();
      if (reply.ok) {
        replace(new DOMParser().parseFromString(await reply.text(), "text/html"));
        heard();
      }
    } catch { /* the line is down: the next turn asks again, and the page says how late it is */
    } finally {
      asking = null;
    }
  }

  function listen() {
    if (!board.dataset.stream || !window.EventSource) return;
    source = new EventSource(board.dataset.stream, { withCredentials: true });
    source.onopen = () => { told = true; heard(); };
    source.onerror = () => { told = false; };
    source.addEventListener("taps", taken);
    source.addEventListener("clock", clock);
  }

  let turns = 0;
  setInterval(() => {
    turns += 1;
    say();
    if (turns % (told ? ASK_WHILE_TOLD_MS / ASK_MS : 1) === 0) ask();
  }, ASK_MS);
  document.addEventListener("visibilitychange", ask);
  window.addEventListener("pagehide", () => source?.close());

  const pause = byId("pause");
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    say();
    ask();
  });
  const whole = byId("plein");
  if (document.fullscreenEnabled) {
    whole.hidden = false;
    whole.addEventListener("click", () =>
      document.fullscreenElement ? document.exitFullscreen() : board.requestFullscreen());
  }
  byId("relire").hidden = true;
  listen();
})();
