import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withAccent } from "../../scripts/accent.ts";

/** A colour: red, green and blue from 0 to 255, and how much of it covers what is below, from 0 to 1. */
type Colour = readonly [red: number, green: number, blue: number, alpha: number];

const styles = (name: string) =>
  readFileSync(new URL(`../../src/styles/${name}.css`, import.meta.url), "utf8");
const hues = styles("hues");
const [usual = "", more = ""] = `${styles("code")}${styles("tokens")}`.split(
  "@media (prefers-contrast: more)",
);
const HUES = [0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330];

/** What text of a colour stands on. `a/b`: on a, which covers b in part. */
const TEXT: Record<string, string[]> = {
  ink: [
    ...["ground", "ground-side", "ground-raised", "ground-hover", "ground-chosen", "mark"],
    ...["bubble", "bubble-own", "inset/ground", "inset/bubble", "inset/bubble-own"],
  ],
  "ink-soft": [
    ...["ground", "ground-side", "ground-raised", "ground-hover", "ground-chosen", "mark"],
    ...["bubble", "bubble-own", "inset/bubble", "inset/bubble-own"],
  ],
  accent: [
    ...["ground", "ground-side", "ground-raised", "ground-hover", "ground-chosen", "mark"],
    ...["bubble", "bubble-own"],
  ],
  ...Object.fromEntries(
    ["word", "string", "number", "name"].map((name) => [
      `code-${name}`,
      ["inset/ground", "inset/bubble", "inset/bubble-own"],
    ]),
  ),
  danger: ["ground", "ground-side", "ground-raised", "ground-hover", "bubble-own", "mark"],
  "on-accent": ["accent"],
  "on-danger": ["danger"],
  ground: ["ink", "ink-soft", "danger"],
};

/** What controls, their focus and signs stand on. */
const SIGNS: Record<string, string[]> = {
  edge: ["ground", "ground-side", "ground-raised"],
  accent: ["inset/bubble", "inset/bubble-own", ...(TEXT.accent ?? [])],
  good: ["ground", "ground-side", "ground-raised", "ground-hover", "ground-chosen"],
};

/** The colours of a theme. @param theme 0: light; 1: dark */
function tokens(text: string, theme: 0 | 1): Record<string, string> {
  const all = text.matchAll(
    /--([\w-]+): (?:light-dark\((#\w+|rgb\(.+?\)), (#\w+|rgb\(.+?\))\)|var\(--([\w-]+)\));/g,
  );
  const found: Record<string, string> = {};
  for (const [, name = "", light = "", dark = "", other = ""] of all)
    found[name] = other || (theme === 0 ? light : dark);
  return found;
}

function parsed(text: string): Colour {
  const [red = 0, green = 0, blue = 0, alpha = 1] = text.startsWith("#")
    ? [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16))
    : (text.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue, alpha];
}

function over([r, g, b, alpha]: Colour, [below, under, beneath]: Colour): Colour {
  const mix = (top: number, bottom: number) => top * alpha + bottom * (1 - alpha);
  return [mix(r, below), mix(g, under), mix(b, beneath), 1];
}

/** The contrast of two colours, from 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio. */
function contrast(one: Colour, other: Colour): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance([red, green, blue]: Colour): number {
  const [r = 0, g = 0, b = 0] = [red, green, blue]
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Of a colour in HSL: degrees and percents. */
function hsl(hue: number, saturation: number, lightness: number): Colour {
  const reach = (saturation / 100) * Math.min(lightness / 100, 1 - lightness / 100);
  const part = (n: number) => {
    const k = (n + hue / 30) % 12;
    return 255 * (lightness / 100 - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [part(0), part(8), part(4), 1];
}

/** Pairs of colours of a theme that are too close. */
function tooClose(text: string, theme: 0 | 1) {
  const values = tokens(text, theme);
  const colour = (name: string): Colour => {
    const [top = "", below] = name.split("/");
    const value = values[top] ?? "";
    const own = values[value] === undefined ? parsed(value) : colour(value);
    return below === undefined ? own : over(own, colour(below));
  };
  const short = (pairs: Record<string, string[]>, least: number) =>
    Object.entries(pairs).flatMap(([name, grounds]) =>
      grounds
        .map((ground) => ({ name, ground, ratio: contrast(colour(name), colour(ground)) }))
        .filter(({ ratio }) => !(ratio >= least)),
    );
  return [...short({ ink: ["ground"] }, 10), ...short(TEXT, 4.5), ...short(SIGNS, 3)];
}

const LOOKS = [
  ["light", usual, 0],
  ["dark", usual, 1],
  ["light, with more contrast", usual + more, 0],
  ["dark, with more contrast", usual + more, 1],
] as const;

test.each(LOOKS)("text and controls stand out from their grounds: %s", (_, text, theme) => {
  expect(tooClose(text, theme)).toEqual([]);
});

/** Accents that a deployment may want: all hues, pale and dark ones, and those without a hue. */
const ACCENTS = [
  ...HUES.flatMap((hue) => [20, 50, 80].map((lightness) => hexOf(hsl(hue, 90, lightness)))),
  ...["#000000", "#808080", "#ffffff", "#ffd43b"],
];

test("any accent of a deployment stands out from its grounds, and what stands on them from it", () => {
  const found = ACCENTS.flatMap((accent) => {
    const [own = "", ownMore = ""] = withAccent(`${styles("code")}${styles("tokens")}`, accent).split(
      "@media (prefers-contrast: more)",
    );
    return ([0, 1] as const).flatMap((theme) =>
      [own, own + ownMore].flatMap((text) =>
        tooClose(text, theme).map((pair) => ({ accent, theme, ...pair })),
      ),
    );
  });
  expect(found).toEqual([]);
});

function hexOf([red, green, blue]: Colour): string {
  const parts = [red, green, blue].map((part) => Math.round(part).toString(16).padStart(2, "0"));
  return `#${parts.join("")}`;
}

/** By how much a hue is darker than others, in percent. @param i its place among the hues */
function lessOf(sheet: string, i: number): number {
  const [, dimmed = "", less = "0"] = /:is\((.+)\) \{\s+--less: (\d+)%/.exec(sheet) ?? [];
  return dimmed.includes(`"${i}"`) ? Number(less) : 0;
}

test("the name of each sender stands out from the bubble", () => {
  const [, saturation, lightness, saturationDark, lightnessDark] = (
    /--hue-name: light-dark\(hsl\(var\(--hue\) (\d+)% calc\((\d+)% - var\(--less\)\)\), hsl\(var\(--hue\) (\d+)% (\d+)%\)/.exec(
      hues,
    ) ?? []
  ).map(Number);
  const short = HUES.flatMap((hue, i) => {
    const names = [
      hsl(hue, saturation ?? 0, (lightness ?? 0) - lessOf(hues, i)),
      hsl(hue, saturationDark ?? 0, lightnessDark ?? 0),
    ] as const;
    return ([0, 1] as const).flatMap((theme) =>
      ["bubble", "mark"]
        .map((ground) => contrast(names[theme], parsed(tokens(usual, theme)[ground] ?? "")))
        .filter((ratio) => !(ratio >= 4.5)),
    );
  });
  expect(short).toEqual([]);
});

test("white stands out from the ground of each avatar", () => {
  const [, day, light, night, dark] = (
    /hsl\(var\(--hue\) (\d+)% calc\((\d+)% - var\(--less\)\)\),\s+hsl\(var\(--hue\) (\d+)% calc\((\d+)% - var\(--less\) \/ 2\)\)/.exec(
      hues,
    ) ?? []
  ).map(Number);
  const short = HUES.flatMap((hue, i) => {
    const down = lessOf(hues, i);
    const grounds = [hsl(hue, day ?? 0, (light ?? 0) - down), hsl(hue, night ?? 0, (dark ?? 0) - down / 2)];
    return grounds.map((ground) => contrast([255, 255, 255, 1], ground)).filter((ratio) => !(ratio >= 4.5));
  });
  expect(short).toEqual([]);
});
