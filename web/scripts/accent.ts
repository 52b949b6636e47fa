/**
 * The colours of the page for the accent of a deployment: of its hue, and as light as they have to be to be
 * read in light and in dark. In OKLCH equal steps look equal: https://bottosson.github.io/posts/oklab/
 */

/** Red, green and blue, linear, from 0 to 1. */
type Linear = readonly [number, number, number];
type Pair = readonly [light: string, dark: string];

/** What WCAG asks of text, with a rest for rounding, and what more contrast asks. */
const READABLE = 4.6;
const MORE = 7.1;

/**
 * Gives style sheets the accent of a deployment. Other colours stay.
 * @param sheet `tokens.css`
 * @param accent as #rrggbb
 */
export function withAccent(sheet: string, accent: string): string {
  const [lightness, chroma, hue] = toOklch(toLinear(accent));
  const tokens = new Map<string, Pair>();
  for (const [, name = "", light = "", dark = ""] of sheet.matchAll(
    /--([\w-]+): light-dark\((#\w+), (#\w+)\)/g,
  ))
    if (!tokens.has(name)) tokens.set(name, [light, dark]);
  const of = (theme: 0 | 1, ...names: string[]) =>
    names.map((name) => tokens.get(name)?.[theme] ?? "#000000");
  // Grounds of the accent have text of three colours.
  const texts = ["ink-soft", "danger", "ink"];
  const soft = Math.min(chroma, 0.03);
  const strong = Math.min(chroma, 0.08);
  const chosen = [
    fit([0.925, soft, hue], of(0, ...texts), READABLE, 1),
    fit([0.33, strong, hue], of(1, ...texts), READABLE, -1),
  ] as const;
  const own = [
    fit([0.935, soft, hue], of(0, ...texts), READABLE, 1),
    fit([0.34, strong, hue], of(1, ...texts), READABLE, -1),
  ] as const;
  const grounds = ["ground", "ground-side", "ground-raised", "ground-hover", "mark", "bubble"];
  const accents = (least: number): Pair => [
    fit([lightness, chroma, hue], [...of(0, ...grounds), chosen[0], own[0]], least, -1),
    fit([Math.max(lightness, 0.7), chroma, hue], [...of(1, ...grounds), chosen[1], own[1]], least, 1),
  ];
  const wanted = [accents(READABLE), accents(MORE)];
  return sheet
    .replace(/--accent: light-dark\([^)]+\)/g, (was) => written("accent", wanted.shift()) ?? was)
    .replace(/--ground-chosen: light-dark\([^)]+\)/, () => written("ground-chosen", chosen) ?? "")
    .replace(/--bubble-own: light-dark\([^)]+\)/, () => written("bubble-own", own) ?? "");
}

function written(name: string, pair: Pair | undefined): string | undefined {
  return pair && `--${name}: light-dark(${pair.join(", ")})`;
}

/**
 * Changes the lightness of a colour until it stands out from others.
 * @param least the contrast that is wanted
 * @param step 1: to white; -1: to black
 */
function fit(
  [lightness, chroma, hue]: readonly [number, number, number],
  others: readonly string[],
  least: number,
  step: 1 | -1,
): string {
  for (let now = lightness; now > 0 && now < 1; now += step / 200) {
    const colour = hex(inGamut(now, chroma, hue));
    if (others.every((other) => contrast(colour, other) >= least)) return colour;
  }
  return step === 1 ? "#ffffff" : "#000000";
}

/** The contrast of two colours, from 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio. */
function contrast(one: string, other: string): number {
  const [a, b] = [one, other].map((colour) => {
    const [red, green, blue] = toLinear(colour);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  });
  return Math.max(a ?? 1, b ?? 1) / Math.min(a ?? 1, b ?? 1);
}

function toLinear(colour: string): Linear {
  const part = (at: number) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

function hex(colour: Linear): string {
  const parts = colour.map((value) => {
    const gamma = value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055;
    return Math.round(Math.min(1, Math.max(0, gamma)) * 255)
      .toString(16)
      .padStart(2, "0");
  });
  return `#${parts.join("")}`;
}

function toOklch([red, green, blue]: Linear): readonly [lightness: number, chroma: number, hue: number] {
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const b = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, Math.hypot(a, b), Math.atan2(b, a)];
}

/** A colour that a screen can show: as colourful as it is possible at its lightness. */
function inGamut(lightness: number, chroma: number, hue: number): Linear {
  for (let now = chroma; now > 0; now -= 0.002) {
    const colour = fromOklch(lightness, now, hue);
    if (colour.every((value) => value >= 0 && value <= 1)) return colour;
  }
  return fromOklch(lightness, 0, hue);
}

function fromOklch(lightness: number, chroma: number, hue: number): Linear {
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}
