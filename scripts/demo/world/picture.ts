import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const [WIDTH, HEIGHT] = [480, 320];

/** What a picture shows, and the hue of its sky or its soup, in degrees. */
export interface Scene {
  of: "hills" | "night" | "bowl" | "leaf";
  hue: number;
}

type Colour = [number, number, number];
type Draw = (x: number, y: number, hue: number) => Colour;

/** Draws a scene, as a PNG of 480 by 320. */
export function picture({ of, hue }: Scene): Uint8Array<ArrayBuffer> {
  const draw = SCENES[of];
  const rows = Buffer.alloc((WIDTH * 3 + 1) * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) rows.set(draw(x, y, hue), y * (WIDTH * 3 + 1) + 1 + x * 3);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  // 8 bits for each of red, green and blue.
  header.set([8, 2, 0, 0, 0], 8);
  const chunks = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat([Buffer.from(SIGNATURE), ...chunks]));
}

const SCENES: Record<Scene["of"], Draw> = {
  /** Three hills, the nearest darkest, a sun, and a sky that pales towards them. */
  hills(x, y, hue) {
    const hill = hillAt(x, y);
    if (hill > 0) return rgb((hue + 120) % 360, 0.35, 0.6 - hill * 0.14);
    if (isInDisc(x, y)) return rgb(48, 0.95, 0.8);
    return rgb(hue, 0.7, 0.62 + (0.3 * y) / HEIGHT);
  },
  /** The same hills under a moon and some stars. */
  night(x, y, hue) {
    const hill = hillAt(x, y);
    if (hill > 0) return rgb(hue, 0.35, 0.2 - hill * 0.05);
    if (isInDisc(x, y)) return rgb(48, 0.6, 0.92);
    const [column, row] = [Math.floor(x / 40), Math.floor(y / 32)];
    const isStar = isAt(x % 40, (column * 17 + row * 29) % 38) && isAt(y % 32, (column * 23 + row * 11) % 30);
    return isStar ? rgb(48, 0.4, 0.85) : rgb(hue, 0.45, 0.16 + (0.22 * y) / HEIGHT);
  },
  /** A leaf with its veins, on a ground that grows lighter. */
  leaf(x, y, hue) {
    const [dx, dy] = [(x - WIDTH / 2 + y - HEIGHT / 2) / 1.41, (y - HEIGHT / 2 - x + WIDTH / 2) / 1.41];
    const edge = 78 * Math.cos((Math.min(Math.abs(dy), 130) / 130) * (Math.PI / 2));
    if (Math.abs(dy) > 130 || Math.abs(dx) > edge) return rgb(hue, 0.45, 0.72 + (0.16 * y) / HEIGHT);
    const isVein = Math.abs(dx) < 3 || Math.abs(((dy + Math.abs(dx) + 260) % 34) - 17) < 2;
    return rgb(hue, 0.5, isVein ? 0.6 : 0.38 + dx / 900);
  },
  /** A bowl on a table, seen from above: noodles in soup, with something red and green on top. */
  bowl(x, y, hue) {
    const [dx, dy] = [x - WIDTH / 2, y - HEIGHT / 2];
    const distance = Math.hypot(dx, dy);
    if (distance > 142) return rgb(28, 0.35, 0.5 + 0.05 * Math.sin(y / 9 + Math.sin(x / 60)));
    if (distance > 122) return rgb(210, 0.25, distance > 138 ? 0.75 : 0.93);
    for (const [i, [left, top]] of TOPPINGS.entries()) {
      if (Math.hypot(dx - left, dy - top) < 17) return i % 2 ? rgb(110, 0.5, 0.4) : rgb(8, 0.75, 0.52);
    }
    if (distance < 96 && Math.sin((dy + 14 * Math.sin(dx / 26)) / 5) > 0.1) return rgb(46, 0.85, 0.76);
    return rgb(hue, 0.75, 0.52);
  },
};

/** Where something lies in the bowl, from its middle. */
const TOPPINGS: [number, number][] = [
  [-52, -34],
  [-18, -58],
  [58, 12],
  [34, 46],
];

/** The hill that a point is on: 1 is the farthest, 3 the nearest; 0: the sky. */
function hillAt(x: number, y: number): number {
  const isOn = (hill: number) =>
    y > HEIGHT * (0.35 + hill * 0.15) + Math.sin(x / (40 + hill * 25) + hill * 2) * (12 + hill * 6);
  return [3, 2, 1].find(isOn) ?? 0;
}

/** Whether a pixel is one of two, from a place on. */
function isAt(pixel: number, place: number): boolean {
  return pixel === place || pixel === place + 1;
}

function isInDisc(x: number, y: number): boolean {
  return Math.hypot(x - WIDTH * 0.72, y - HEIGHT * 0.24) < 30;
}

/** A colour of a hue in degrees, a saturation and a lightness from 0 to 1. */
function rgb(hue: number, saturation: number, lightness: number): Colour {
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
