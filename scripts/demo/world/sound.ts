const RATE = 8_000;
/** Bars of the picture of a recording. */
const BARS = 48;

/** What somebody hums: how long, and what they would have said. */
export interface Tune {
  seconds: number;
  transcript: string;
}

/** A recording of a hummed tune, as WAV, with its loudness from 0 to 100. */
export function recording({ seconds }: Tune): { wav: Uint8Array<ArrayBuffer>; waveform: number[] } {
  const length = Math.round(seconds * RATE);
  const samples = Uint8Array.from({ length }, (_, i) => {
    const t = i / RATE;
    const pitch = 150 + 30 * (Math.floor(t * 2.5) % 4);
    return 128 + Math.round(90 * loudness(t) * Math.sin(2 * Math.PI * pitch * t));
  });
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  // One channel of numbers, of 8 bits.
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write("data", 36);
  header.writeUInt32LE(length, 40);
  const waveform = Array.from({ length: BARS }, (_, i) => Math.round(100 * loudness((i * seconds) / BARS)));
  return { wav: new Uint8Array(Buffer.concat([header, samples])), waveform };
}

/** From 0 to 1: words, with pauses between them. */
function loudness(t: number): number {
  return Math.max(0.06, Math.abs(Math.sin(t * 2.1)) * (0.55 + 0.45 * Math.sin(t * 7.3)));
}
