// The four sounds of a reader: frequency in hertz, then how long each lasts and what follows, in ms.
const SOUNDS = {
  yes: { notes: [[784, 90, 0], [1047, 150, 0]], shape: "sine" },
  note: { notes: [[784, 90, 30], [784, 120, 0]], shape: "sine" },
  no: { notes: [[220, 180, 80], [220, 180, 0]], shape: "triangle" },
  again: { notes: [[1800, 60, 0]], shape: "square" },
};
const LOUD = 0.5;
const SOFT = 0.12;
const LATE_MS = 1000; // a sound that a browser held back longer tells nothing any more
const RAMP_SECONDS = 0.008; // without it a note begins and ends on a click

let hearing = null;

function ears() {
  hearing = hearing || new AudioContext();
  return hearing;
}

async function playSound(name, isSoft) {
  const sound = SOUNDS[name];
  if (!sound || !window.AudioContext) return;
  const asked = performance.now();
  await ears().resume(); // where nobody touched the page yet, browsers wait until somebody does
  if (performance.now() - asked > LATE_MS) return;
  const loudness = (isSoft ? SOFT : LOUD) * (name === "again" ? 0.3 : 1);
  let at = hearing.currentTime + 0.02;
  for (const [hertz, lasts, silence] of sound.notes) {
    const until = at + lasts / 1000;
    const source = new OscillatorNode(hearing, { type: sound.shape, frequency: hertz });
    const gain = new GainNode(hearing, { gain: 0 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(loudness, at + RAMP_SECONDS);
    gain.gain.setValueAtTime(loudness, until - RAMP_SECONDS);
    gain.gain.linearRampToValueAtTime(0, until);
    source.connect(gain).connect(hearing.destination);
    source.start(at);
    source.stop(until);
    at = until + silence / 1000;
  }
}
