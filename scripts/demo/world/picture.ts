import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const [WIDTH, HEIGHT] = [480, 320];

/** Draws hills under a sky, as a PNG of 480 by 320. @param hue in degrees, of the sky */
export function picture(hue: number): Uint8Array<ArrayBuffer> {
  const rows = Buffer.alloc((WIDTH * 3 + 1) * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const [r, g, b] = colour(x, y, hue);
      rows.set([r, g, b], y * (WIDTH * 3 + 1) + 1 + x * 3);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  // 8 bits for each of red, green and blue.
  header.set([8, 2, 0, 0, 0], 8);
  const chunks = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat([Buffer.from(SIGNATURE), ...chunks]));
}

/** Three hills, the nearest darkest, a sun, and a sky that pales towards them. */
function colour(x: number, y: number, hue: number): [number, number, number] {
  for (const hill of [3, 2, 1]) {
    const top = HEIGHT * (0.35 + hill * 0.15) + Math.sin(x / (40 + hill * 25) + hill * 2) * (12 + hill * 6);
    if (y > top) return rgb((hue + 120) % 360, 0.35, 0.6 - hill * 0.14);
  }
  if (Math.hypot(x - WIDTH * 0.72, y - HEIGHT * 0.24) < 30) return rgb(48, 0.95, 0.8);
  return rgb(hue, 0.7, 0.62 + (0.3 * y) / HEIGHT);
}

/** A colour of a hue in degrees, a saturation and a lightness from 0 to 1. */
function rgb(hue: number, saturation: number, lightness: number): [number, number, number] {
  const part = (n: number) => {
    const k = (n + hue / 30) % 12;
    const a = saturation * Math.min(lightness, 1 - lightness);
    return Math.round(255 * (lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [part(0), part(8), part(4)];
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
