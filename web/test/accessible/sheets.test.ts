import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";

const STYLES = join(import.meta.dirname, "../../src/styles");

/** The sheets that define colours. All others take them from there. */
const COLOURS = ["tokens.css", "hues.css", "code.css"];

/** What a property may be in any sheet, besides a token. */
const ALLOWED: Record<string, RegExp> = {
  // A multiple of the size around it: code, large emoji, the letter of a large picture.
  "font-size": /^(?:var\(--text(?:-small|-large)?\)|inherit|[\d.]+em)$/,
  "font-weight": /^(?:var\(--strong\)|400|inherit)$/,
  "font-family": /^var\(--font(?:-code|-emoji)?\)$/,
  font: /^(?:inherit|100% \/ var\(--leading\) var\(--font\))$/,
  "line-height": /^(?:var\(--leading(?:-tight)?\)|1)$/,
  transition: /^(?:\s*[\w-]+ var\(--(?:quick|slow)\) var\(--ease\),?)+$/,
  "box-shadow": /^(?:var\(--shadow(?:-high)?\)|(?:inset )?0 0 0 2px var\(--[\w-]+\))$/,
};

const COLOUR = /#[\da-f]{3,8}\b|\b(?:rgb|hsl|oklch|light-dark)\(/i;

test("sizes, weights, faces and colours of the page are tokens", () => {
  const found = globSync("*.css", { cwd: STYLES }).flatMap((file) => {
    const text = readFileSync(join(STYLES, file), "utf8").replace(/\/\*[^*]*\*\//g, "");
    return [...text.matchAll(/([\w-]+):\s+([^;{}]+);/g)]
      .filter(([, name = "", value = ""]) => {
        const allowed = ALLOWED[name];
        if (allowed && !allowed.test(value)) return true;
        return !COLOURS.includes(basename(file)) && COLOUR.test(value);
      })
      .map(([declared]) => `${file}: ${declared}`);
  });
  expect(found).toEqual([]);
});

test("colours of the elements for other pages are tokens, which those pages may give", () => {
  const embed = join(STYLES, "../embed");
  const found = globSync("**/*.css", { cwd: embed }).filter((file) =>
    COLOUR.test(readFileSync(join(embed, file), "utf8")),
  );
  expect(found).toEqual([]);
});
