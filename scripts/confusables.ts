import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./support/wrangler.ts";

/**
 * Writes src/domain/names/confusables.json from confusables.txt of UTS 39
 * (https://www.unicode.org/Public/security/).
 *
 *     node scripts/confusables.ts path/to/confusables.txt
 *
 * Raise KEYS_VERSION in src/domain/names/look-alike.ts with it: the hourly job then computes the keys anew.
 */
const TARGET = "src/domain/names/confusables.json";
const MAX_LINE = 100;

const [, , source] = process.argv;
if (source === undefined) throw new Error("name the file: node scripts/confusables.ts confusables.txt");
const text = readFileSync(source, "utf8");
const version = /^# Version: (\S+)$/m.exec(text)?.[1];
const copyright = /^# (© .*Unicode.*, Inc\.)$/m.exec(text)?.[1];
if (version === undefined || copyright === undefined) throw new Error(`${source} has no version`);

/** A character by its number, in hexadecimal digits. */
const char = (hex: string) => String.fromCodePoint(Number.parseInt(hex, 16));
const hex = (chars: string) =>
  [...chars].map((c) => (c.codePointAt(0) ?? 0).toString(16).toUpperCase()).join("+");

/** The characters that look like each target. Those that NFKC and NFD replace never get so far. */
const groups = new Map<string, string[]>();
for (const line of text.split("\n")) {
  const [, from, to] = /^\uFEFF?([0-9A-F]+) ;\t([0-9A-F ]+) ;\tMA/.exec(line) ?? [];
  if (from === undefined || to === undefined) continue;
  const character = char(from);
  if (character.normalize("NFKC").normalize("NFD") !== character) continue;
  const target = to.trim().split(" ").map(char).join("").normalize("NFD");
  groups.set(target, [...(groups.get(target) ?? []), character]);
}

/**
 * Each line: the prototype, then the characters that look like it, all in hexadecimal. A prototype of several
 * characters has `+` between them.
 */
const lines = [...groups].flatMap(([target, characters]) => {
  const rows = [`${hex(target)}:`];
  for (const character of characters.map(hex)) {
    const row = `${rows.at(-1)} ${character}`;
    if (row.length <= MAX_LINE) rows[rows.length - 1] = row;
    else rows.push(`${hex(target)}: ${character}`);
  }
  return rows;
});

const content = {
  about: `Written by scripts/confusables.ts from confusables.txt ${version} of UTS 39: do not edit.`,
  license: [
    "UNICODE LICENSE V3 (https://www.unicode.org/license.txt), SPDX-License-Identifier: Unicode-3.0",
    `${copyright} The data was reduced to the characters that occur after NFKC and NFD.`,
    "",
    "Permission is hereby granted, free of charge, to any person obtaining a copy of data files and any",
    'associated documentation (the "Data Files") or software and any associated documentation (the "Software")',
    "to deal in the Data Files or Software without restriction, including without limitation the rights to use,",
    "copy, modify, merge, publish, distribute, and/or sell copies of the Data Files or Software, and to permit",
    "persons to whom the Data Files or Software are furnished to do so, provided that either (a) this copyright",
    "and permission notice appear with all copies of the Data Files or Software, or (b) this copyright and",
    "permission notice appear in associated Documentation.",
    "",
    'THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED,',
    "INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND",
    "NONINFRINGEMENT OF THIRD PARTY RIGHTS. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS",
    "NOTICE BE LIABLE FOR ANY CLAIM, OR ANY SPECIAL INDIRECT OR CONSEQUENTIAL DAMAGES, OR ANY DAMAGES WHATSOEVER",
    "RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS",
    "ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THE DATA FILES OR SOFTWARE.",
    "",
    "Except as contained in this notice, the name of a copyright holder shall not be used in advertising or",
    "otherwise to promote the sale, use or other dealings in these Data Files or Software without prior written",
    "authorization of the copyright holder.",
  ],
  lines,
};
writeFileSync(join(ROOT, TARGET), `${JSON.stringify(content, null, 2)}\n`);
console.log(`${TARGET}: Unicode ${version}, ${[...groups.values()].flat().length} characters`);
