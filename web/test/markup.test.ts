import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runOptions } from "../../test/support/property-runs.ts";
import { parseMarkup } from "../src/message/markup/blocks.ts";
import { plainText } from "../src/message/markup/plain.ts";
import type { Block, Inline } from "../src/message/markup/tree.ts";

/** Text in which marks, links and names are as frequent as letters. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          "**",
          "*",
          "_",
          "~~",
          "||",
          "`",
          "```",
          "```\n",
          "\n",
          "> ",
          "- ",
          "1. ",
          "[",
          "](",
          ")",
          "\\",
          "@",
        ],
        ...[
          "@ann",
          "@all",
          "https://a.example/b_c",
          "javascript:alert(1)",
          "mailto:a@b.example",
          "(",
          " ",
          "<b>",
        ],
        ...[
          "](https://a.example)",
          "](javascript:x)",
          "](data:text/html,x)",
          "](//x)",
          "](/v1/me)",
          "]( http://x)",
        ],
      ),
      fc.string({ unit: "grapheme", maxLength: 6 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));

const names = [
  { id: 7, name: "ann" },
  { id: 8, name: "ann lee" },
  { id: 0, name: "all" },
];

/** The nodes of all lines, whatever they are in. */
function inlineNodes(blocks: readonly Block[]): Inline[] {
  const below = (nodes: readonly Inline[]): Inline[] =>
    nodes.flatMap((node) => ("children" in node ? [node, ...below(node.children)] : [node]));
  return blocks.flatMap((block) => {
    if (block.type === "code") return [];
    if (block.type === "quote") return inlineNodes(block.children);
    if (block.type === "list") return block.items.flatMap(({ children }) => below(children));
    return below(block.children);
  });
}

/** All that a tree says, with addresses that its labels do not show. */
function said(blocks: readonly Block[]): string {
  const ofLine = (nodes: readonly Inline[]): string =>
    nodes
      .map((node) => {
        if (!("children" in node)) return node.text;
        const label = ofLine(node.children);
        return node.type === "link" && node.href !== label ? label + node.href : label;
      })
      .join("");
  return blocks
    .map((block) => {
      if (block.type === "code") return block.language + block.text;
      if (block.type === "quote") return said(block.children);
      if (block.type === "list")
        return block.items.map(({ marker, children }) => marker + ofLine(children)).join("");
      return ofLine(block.children);
    })
    .join("");
}

/** A text without blanks and without what marks are made of. */
function letters(text: string): string {
  return text.replace(/[\s*_~|`>[\]()\\-]/g, "");
}

describe("the markup of messages", () => {
  it("keeps all that a text says, in its order", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(letters(said(parseMarkup(text, names)))).toBe(letters(text));
      }),
      runOptions(3_000),
    );
  });

  it("makes links to http, https and mailto alone, none in another", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const node of inlineNodes(parseMarkup(text, names))) {
          if (node.type !== "link") continue;
          expect(["http:", "https:", "mailto:"]).toContain(new URL(node.href).protocol);
          const inside = inlineNodes([{ type: "paragraph", children: node.children }]);
          expect(inside.filter(({ type }) => type === "link" || type === "mention")).toEqual([]);
        }
      }),
      runOptions(3_000),
    );
  });

  it("leaves a text without marks as it is", () => {
    const plain = fc
      .string({ unit: "grapheme" })
      .filter((text) => !/[*_~|`>[\]\\@\-:\d\n\r\u2028\u2029]/.test(text));
    fc.assert(
      fc.property(plain, (text) => {
        const kept = text.trimEnd();
        const paragraph = { type: "paragraph", children: [{ type: "text", text: kept }] };
        expect(parseMarkup(text)).toEqual(kept.trim() === "" ? [] : [paragraph]);
      }),
      runOptions(100),
    );
  });

  it.each([
    ...[
      "**",
      "*a ",
      "**a ~~b ||c ",
      "_a ",
      "`",
      "` `` ",
      "[",
      "[a](",
      "](b)",
      "[a](b",
      "> ",
      ">",
      "- ",
      "```js\n",
    ],
    ...[
      "```\n```\n",
      "\n",
      "\\",
      "@",
      "@ann ",
      "https://a/((",
      "https://a.b ",
      "a_",
      "~~a||",
      "***a",
      "1. x\n> ",
    ],
  ])("takes linear time for %j, eight times 20,000 characters of it", (part) => {
    const text = part.repeat(160_000 / part.length);
    const begin = process.threadCpuUsage();
    parseMarkup(text, names);
    const { user, system } = process.threadCpuUsage(begin);
    // Linear work takes some 100 ms of the processor, quadratic work more than ten seconds.
    expect((user + system) / 1_000).toBeLessThan(3_000);
  });

  it.each<[string, Inline[]]>([
    ["**b** *i* _i_", [bold("b"), text(" "), italic("i"), text(" "), italic("i")]],
    ["***both***", [{ type: "bold", children: [italic("both")] }]],
    ["snake_case_name 2*3*4 a * b", [text("snake_case_name 2*3*4 a * b")]],
    ["**中文**，很好", [bold("中文"), text("，很好")]],
    ["**a **b**", [text("**a "), bold("b")]],
    ["`**no**`", [{ type: "code", text: "**no**" }]],
    ["\\*no\\*", [text("*no*")]],
    ["a || b || c", [text("a || b || c")]],
    ["@ann lee @annabel @ann", [mention(8, "ann lee"), text(" @annabel "), mention(7, "ann")]],
    ["me@ann", [text("me@ann")]],
    ["看https://a.example/b，好", [text("看https://a.example/b，好")]],
    ["看 https://a.example/b，好", [text("看 "), link("https://a.example/b"), text("，好")]],
    ["(https://a.example/b_(c)).", [text("("), link("https://a.example/b_(c)"), text(").")]],
    ["[x](https://a.example)", [link("https://a.example", "x")]],
    [
      "[https://good.example](https://evil.example)",
      [...[text("["), link("https://good.example"), text("]("), link("https://evil.example"), text(")")]],
    ],
    ["[x](javascript:alert(1))", [text("[x](javascript:alert(1))")]],
  ])("parses %j", (source, nodes) => {
    expect(parseMarkup(source, names)).toEqual([{ type: "paragraph", children: nodes }]);
  });

  it("parses blocks", () => {
    expect(parseMarkup("Look:\n> a\n> > b\n\n- one\n- **two**\n```ts\nconst a = `1`;\n```\nend")).toEqual([
      { type: "paragraph", children: [text("Look:")] },
      {
        type: "quote",
        children: [
          { type: "paragraph", children: [text("a")] },
          { type: "quote", children: [{ type: "paragraph", children: [text("b")] }] },
        ],
      },
      {
        type: "list",
        items: [
          { marker: "-", children: [text("one")] },
          { marker: "-", children: [bold("two")] },
        ],
      },
      { type: "code", language: "ts", text: "const a = `1`;" },
      { type: "paragraph", children: [text("end")] },
    ]);
  });

  it("hides spoilers in previews", () => {
    expect(plainText("The **end**: ||they\nlive||")).toBe("The end: ▒▒▒");
  });
});

function text(of: string): Inline {
  return { type: "text", text: of };
}

function bold(of: string): Inline {
  return { type: "bold", children: [text(of)] };
}

function italic(of: string): Inline {
  return { type: "italic", children: [text(of)] };
}

function link(href: string, label = href): Inline {
  return { type: "link", href, children: [text(label)] };
}

function mention(id: number, name: string): Inline {
  return { type: "mention", id, text: `@${name}` };
}
