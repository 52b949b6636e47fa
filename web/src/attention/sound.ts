/** Notes of the sound, in Hz, and how long each lasts, in seconds. */
const NOTES = [880, 1_175];
const LENGTH = 0.12;
/** Sounds closer together than this, in ms, are one. */
const PAUSE = 2_000;

let context: AudioContext | undefined;
let last = -PAUSE;

/** Plays two short notes. Browsers play nothing before the user has touched the page. */
export function playSound(): void {
  const now = performance.now();
  if (now - last < PAUSE) return;
  last = now;
  context ??= new AudioContext();
  for (const [i, frequency] of NOTES.entries()) {
    const start = context.currentTime + i * LENGTH;
    const oscillator = new OscillatorNode(context, { frequency, type: "sine" });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.15, start + 0.01);
    gain.gain.exponentialRampToValueAtTime(0.001, start + LENGTH);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(start);
    oscillator.stop(start + LENGTH);
  }
}
