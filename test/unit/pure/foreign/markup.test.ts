import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fromDiscord } from "../../../../src/domain/foreign/discord/markdown.ts";
import { fromMarkdown } from "../../../../src/domain/foreign/markdown.ts";
import { SlackBlocks } from "../../../../src/domain/foreign/slack/blocks.ts";
import { fromMrkdwn } from "../../../../src/domain/foreign/slack/mrkdwn.ts";
import { cutMarkdown, messageText } from "../../../../src/domain/foreign/text.ts";
import { parseMarkup } from "../../../../src/domain/markup/blocks.ts";
import { type Block, linesOf, markerOf, textOf } from "../../../../src/domain/markup/tree.ts";
import { plain } from "../../../../src/lib/markup.ts";
import { runOptions } from "../../../support/property-runs.ts";

const READERS = { slack: fromMrkdwn, discord: fromDiscord, markdown: fromMarkdown };

const TABLES = z
  .record(z.string(), z.string())
  .parse(import.meta.glob("./tables/*.txt", { eager: true, query: "?raw", import: "default" }));

/** The cases of a table: a title, what the other system writes, `=>`, what becomes of it. */
function casesOf(name: string): [string, string, string][] {
  return (TABLES[`./tables/${name}.txt`] ?? "")
    .trimEnd()
    .split(/\n\n(?=[A-Z])/)
    .map((part) => {
      const [title = "", ...lines] = part.split("\n");
      const at = lines.indexOf("=>");
      return [title, lines.slice(0, at).join("\n"), lines.slice(at + 1).join("\n")];
    });
}

describe.each(Object.entries(READERS))("markup of %s", (name, read) => {
  test.each(casesOf(name))("%s", (_, source, becomes) => {
    expect(read(source)).toBe(becomes);
  });
});

function shownBy(blocks: readonly Block[]): string {
  return blocks
    .map((block) => {
      if (block.type === "code") return `${block.language}\n${block.text}`;
      if (block.type === "quote") return shownBy(block.children);
      if (block.type === "list")
        return block.items.map((item) => `${markerOf(item)} ${textOf(item.children)}`).join("\n");
      return linesOf([block]).map(textOf).join("\n");
    })
    .join("\n");
}

/** Letters and digits as people see them. */
const seen = (text: string) => shownBy(parseMarkup(text)).replace(/[^\p{L}\p{N}]/gu, "");

/** What is a mark somewhere, between words. */
const PIECES =
  "* ** _ __ ~ ~~ | || ` `` ``` \n > >>> - # \\ [ ] ( ) < > & : @ ! . \n\n Q:\\ \\\\w \t |-| -|- |:-|\n - [x] # --- ***".split(
    " ",
  );
const texts = fc
  .array(fc.oneof(fc.constantFrom(...PIECES, " ", "\n"), fc.constantFrom("xyz", "w", "Wörter", "7", "漢")), {
    maxLength: 30,
  })
  .map((pieces) => pieces.join(""));

test.each(Object.entries(READERS))("no letter of a text of %s is lost", (_, read) => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(seen(read(text))).toBe(text.replace(/[^\p{L}\p{N}]/gu, ""));
    }),
    { ...runOptions(300, 10_000), examples: [["7***```xyz\n\nw```xyz``"]] },
  );
});

test("a text without marks of its own is shown as it is, whatever marks are ours", () => {
  const visible = (text: string) => shownBy(parseMarkup(text)).replace(/\s/g, "");
  fc.assert(
    fc.property(texts, (text) => {
      expect(visible(plain(text))).toBe(text.replace(/\s/g, ""));
    }),
    runOptions(300, 10_000),
  );
});

test("a header of Slack is a heading in one line", () => {
  const header = (text: string) => ({ type: "header", text: { type: "plain_text", text } });
  const blocks = [header("The\nplan *now*"), header(" ")];
  expect(new SlackBlocks().textOf(blocks)).toBe("# The plan \\*now\\*");
});

test("what is cut changes nothing of what follows", () => {
  const ends = (text: string, max: number) => cutMarkdown(text, max).endsWith("…");
  expect(cutMarkdown(`\`\`\`js\n${"x\n".repeat(100)}\`\`\``, 60)).toMatch(/^```js\n(x\n)+```\n…$/);
  expect(cutMarkdown(`> \`\`\`\n> ${"x".repeat(100)}\n> \`\`\``, 60)).toMatch(/^> ```\n> x+\n> ```\n> …$/);
  expect(cutMarkdown(`**${"x".repeat(100)}**`, 60)).toMatch(/^\*\*x+\*\* …$/);
  expect(cutMarkdown(`||a **b ${"x".repeat(100)}** c||`, 60)).toMatch(/^\|\|a \*\*b x+\*\*\|\| …$/);
  expect(cutMarkdown(`\`${"x".repeat(100)}\``, 60)).toMatch(/^`x+` …$/);
  expect(cutMarkdown(`see [a](https://a.example/${"x".repeat(100)})`, 60)).toBe("see …");
  expect(cutMarkdown("a **b** `c`", 60)).toBe("a **b** `c`");
  fc.assert(
    fc.property(texts, fc.integer({ min: 30, max: 60 }), (text, max) => {
      const long = text.repeat(5);
      expect([...cutMarkdown(long, max)].length).toBeLessThanOrEqual(max);
      if ([...long].length > max) expect(ends(long, max)).toBe(true);
    }),
    runOptions(300, 10_000),
  );
});

test.each([
  ["rows of empty lines, and blanks at the ends of lines", "a  \n\n\n\nb\t\n  \n\nc", "a\n\nb\n\nc"],
  ["not of code", "a\n\n\n```py\nx  \n\n\n\ny\n```  \n\n\nb", "a\n\n```py\nx  \n\n\n\ny\n```  \n\nb"],
  [
    "not of code in a quote",
    "> ```\n> x  \n> \n> y\n> ```\n> \n> b ",
    "> ```\n> x  \n> \n> y\n> ```\n>\n> b",
  ],
  ["of code without an end", "```\nx  \n\n\n\ny", "```\nx\n\ny"],
])("a message loses %s", (_, text, becomes) => {
  expect(messageText(text)).toBe(becomes);
});
