import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linesOf } from "../../../src/domain/markup/tree.ts";
import { plain } from "../../../src/lib/markup.ts";
import { runOptions } from "../../../test/support/property-runs.ts";
import { type Block, type Inline, namesOf, parseMarkup, plainText } from "../src/markup/index.ts";

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
          "www.a.example",
          "é@b.example",
          "bob@b.example",
          "(",
          " ",
          "<b>",
        ],
        ...[
          "](https://a.example)",
          ..."| |-|-| |:-|-:| |\n \\| a|b\n-|-\n \t \tb\n # ### --- ---\n [x] \n- ".split(/ (?!$)/),
          ..."C:\\ C: \\\\a ..\\ # > >_< :".split(" "),
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

const users = [
  { id: 7, username: "ann", nickname: "" },
  { id: 8, username: "lee", nickname: "ann lee" },
  { id: 9, username: "jo", nickname: "José" },
  { id: 10, username: "小明", nickname: "" },
  { id: 11, username: "ben", nickname: "Lee" },
  { id: 12, username: "all", nickname: "Twin" },
  { id: 13, username: "twin2", nickname: "Twin" },
];
const names = [namesOf(users, true)];

/** The nodes of all lines, whatever they are in. */
function inlineNodes(blocks: readonly Block[]): Inline[] {
  const below = (nodes: readonly Inline[]): Inline[] =>
    nodes.flatMap((node) => ("children" in node ? [node, ...below(node.children)] : [node]));
  return linesOf(blocks).flatMap(below);
}

/** All that a tree says, with addresses that its labels do not show. */
function said(blocks: readonly Block[]): string {
  const ofLine = (nodes: readonly Inline[]): string =>
    nodes
      .map((node) => {
        if (!("children" in node)) return node.text;
        const label = ofLine(node.children);
        // `www.a.example` and mail addresses lead to what they say.
        const isShown = node.type === "link" && node.href.endsWith(label);
        return node.type === "link" && !isShown ? label + node.href : label;
      })
      .join("");
  const ofCells = (row: readonly (readonly Inline[])[]) => row.map(ofLine).join("");
  const colons = { start: ":", center: "::", end: ":", "": "" };
  return blocks
    .map((block) => {
      switch (block.type) {
        case "code":
          return block.language + block.text;
        case "quote":
          return said(block.children);
        case "list":
          return block.items
            .map(({ marker, isDone, children }) => marker + (isDone ? "x" : "") + ofLine(children))
            .join("");
        case "table": {
          const aligns = block.aligns.map((align) => colons[align]);
          return [ofCells(block.head), ...aligns, ...block.rows.map(ofCells)].join("");
        }
        case "rule":
          return "";
        default:
          return ofLine(block.children);
      }
    })
    .join("");
}

/** A text without blanks and without what marks are made of. */
function letters(text: string): string {
  return text.replace(/[\s*_~|`>#[\]()\\-]/g, "").toLowerCase();
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
      .filter((text) => !/[*_~|`>#[\]\\@\-:\d\n\r\u2028\u2029]/.test(text));
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
    ...["|", "|a", "|- ", "a|b\n-|-\n", "|-|-|\n", "a\tb\n", "\t", "# ", "#", "---\n", "  - [ ]\ta\n"],
    ...["C:\\", "\\\\a", "https://a:", "https://a:b@"],
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
    ["看https://a.example/b，好", [text("看"), link("https://a.example/b"), text("，好")]],
    ["вотhttps://a.example好", [text("вот"), link("https://a.example"), text("好")]],
    ["xhttps://a.example", [text("xhttps://a.example")]],
    ["(https://a.example/b_(c)).", [text("("), link("https://a.example/b_(c)"), text(").")]],
    ["[x](https://a.example)", [link("https://a.example", "x")]],
    [
      "[https://good.example](https://evil.example)",
      [...[text("["), link("https://good.example"), text("]("), link("https://evil.example"), text(")")]],
    ],
    ["http://[::1]:8787/x.", [link("http://[::1]:8787/x"), text(".")]],
    ["https://例え.jp/、https://什么", [link("https://例え.jp/"), text("、https://什么")]],
    ["https://a.example/wiki/中文?q[]=1&m={x|y}", [link("https://a.example/wiki/中文?q[]=1&m={x|y}")]],
    ["https://a.example/b_ *", [link("https://a.example/b_"), text(" *")]],
    ["_https://a.example/b_", [{ type: "italic", children: [link("https://a.example/b")] }]],
    ["||https://a.example/b||", [{ type: "spoiler", children: [link("https://a.example/b")] }]],
    // Names before a host lead elsewhere than they seem to, and passwords are no part of links.
    ["https://bank.example@evil.example/a", [text("https://bank.example@evil.example/a")]],
    [
      "https://user:pw@host.example/ http://@ann",
      [text("https://user:pw@host.example/ http://"), mention(7, "ann")],
    ],
    ["看https://a.example，请@ann", [text("看"), link("https://a.example"), text("，请"), mention(7, "ann")]],
    // A path keeps its signs. Before what is no mark there, so does a backslash.
    ["C:\\_temp\\_x_", [text("C:\\_temp\\_x_")]],
    ["**d:\\**_x_", [bold("d:\\"), italic("x")]],
    ["\\\\host\\_share\\@ann", [text("\\\\host\\_share\\@ann")]],
    ["C:\\*a* C:\\a\\\\*a*", [text("C:\\"), italic("a"), text(" C:\\a\\"), italic("a")]],
    ["C\\:\\_temp", [text("C:_temp")]],
    ["\\\\a \\*a\\* snake\\_case", [text("\\\\a *a* snake_case")]],
    ["www.a.example, www.", [link("https://www.a.example", "www.a.example"), text(", www.")]],
    ["写信bob@a.example。", [text("写信"), link("mailto:bob@a.example", "bob@a.example"), text("。")]],
    ["[Bank](https://www.bank.example/a)", [link("https://www.bank.example/a", "Bank")]],
    ["[bank.example](https://www.bank.example)", [link("https://www.bank.example", "bank.example")]],
    ["[bank.example](https://evil.example)", [shown("bank.example")]],
    ["[https:⁄⁄bank。example](https://evil.example)", [shown("https:⁄⁄bank。example")]],
    ["[https:\\\\bank.example](https://evil.example)", [shown("https:\\bank.example")]],
    ["¯\\_(ツ)_/¯", [text("¯\\_(ツ)_/¯")]],
    ["[x](javascript:alert(1))", [text("[x](javascript:alert(1))")]],
    // Who is named: case and accents do not count, longer names are others.
    [
      "@ANN @jose @JOSE\u0301",
      [mention(7, "ANN"), text(" "), mention(9, "jose"), text(" "), mention(9, "JOSE\u0301")],
    ],
    ["@anna @ann_x @ann-x @Joséphine", [text("@anna @ann_x @ann-x @Joséphine")]],
    [
      "@ann@a.example ann@a.example.",
      [text("@ann@a.example "), link("mailto:ann@a.example", "ann@a.example"), text(".")],
    ],
    [
      "`@ann` https://a.example/@ann \\@ann",
      [code("@ann"), text(" "), link("https://a.example/@ann"), text(" @ann")],
    ],
    ["问@小明好吗", [text("问"), mention(10, "小明"), text("好吗")]],
    // A username is nobody else's nickname, everybody nobody's name, and a nickname of two means nobody.
    ["@lee @Twin @ALL", [mention(8, "lee"), text(" @Twin "), mention(0, "ALL")]],
  ])("parses %j", (source, nodes) => {
    expect(parseMarkup(source, names)).toEqual([{ type: "paragraph", children: nodes }]);
  });

  it("parses a long line that is no fence at once, and lines that end with CR LF", () => {
    const long = `\`\`\`${" ".repeat(160_000)}!`;
    expect(parseMarkup(long)).toEqual([{ type: "paragraph", children: [text(long)] }]);
    expect(parseMarkup("```\r\na\r\n```\r\n> b\r\n- c")).toEqual(parseMarkup("```\na\n```\n> b\n- c"));
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
          { marker: "-", level: 1, children: [text("one")] },
          { marker: "-", level: 1, children: [bold("two")] },
        ],
      },
      { type: "code", language: "ts", text: "const a = `1`;" },
      { type: "paragraph", children: [text("end")] },
    ]);
  });

  it.each([">_<", ">.<", ">a", "\\> a", "a\n\\- b\n\\# c"])("draws no block for %j", (source) => {
    const shown = source.replaceAll("\\", "");
    expect(parseMarkup(source)).toEqual([{ type: "paragraph", children: [text(shown)] }]);
  });

  it.each([">", ">>", "> ", ">\t", ">>> "])("draws a quote for %j", (begin) => {
    expect(parseMarkup(`a\n${begin}`)[1]?.type).toBe("quote");
  });

  it.each<[string, Block[]]>([
    [
      "# One **b**\n## @ann\n### Three #\n#### four\n#five\n# ",
      [
        { type: "heading", level: 1, children: [text("One "), bold("b")] },
        { type: "heading", level: 2, children: [mention(7, "ann")] },
        { type: "heading", level: 3, children: [text("Three #")] },
        { type: "paragraph", children: [text("#### four\n#five\n#")] },
      ],
    ],
    [
      "a\n---\n***\nb\n--\nc",
      [
        { type: "paragraph", children: [text("a")] },
        { type: "rule" },
        { type: "rule" },
        { type: "paragraph", children: [text("b\n--\nc")] },
      ],
    ],
    ["\n---\na\n---\n", [{ type: "paragraph", children: [text("---\na\n---")] }]],
    [
      "- a\n  1. b\n\t- c\n   - d\n- [ ] e\n* [X] @ann\n- [x]\n- [y] f",
      [
        {
          type: "list",
          items: [
            { marker: "-", level: 1, children: [text("a")] },
            { marker: "1.", level: 2, children: [text("b")] },
            { marker: "-", level: 3, children: [text("c")] },
            { marker: "-", level: 2, children: [text("d")] },
            { marker: "-", level: 1, isDone: false, children: [text("e")] },
            { marker: "*", level: 1, isDone: true, children: [mention(7, "ann")] },
            { marker: "-", level: 1, children: [text("[x]")] },
            { marker: "-", level: 1, children: [text("[y] f")] },
          ],
        },
      ],
    ],
    [
      "Prices\n| a | **b** |\n|:--|--:|\n| @ann | `x \\| y` |\nc|d|e\n|\\|\\|s\\|\\|\nend",
      [
        { type: "paragraph", children: [text("Prices")] },
        {
          ...{ type: "table", aligns: ["start", "end"], head: [[text("a")], [bold("b")]] },
          rows: [
            [[mention(7, "ann")], [code("x | y")]],
            [[text("c")], [text("d|e")]],
            [[{ type: "spoiler", children: [text("s")] }]],
          ],
        },
        { type: "paragraph", children: [text("end")] },
      ],
    ],
    [
      "a|b|c\n:-:|-|-\n",
      [
        {
          ...{ type: "table", aligns: ["center", "", ""], rows: [] },
          head: [[text("a")], [text("b")], [text("c")]],
        },
      ],
    ],
    [
      "\tQ1\tQ2\nTea\t1\t@ann\n\t\t3\n",
      [
        {
          ...{ type: "table", aligns: [], head: [] },
          rows: [
            [[], [text("Q1")], [text("Q2")]],
            [[text("Tea")], [text("1")], [mention(7, "ann")]],
            [[], [], [text("3")]],
          ],
        },
      ],
    ],
  ])("parses the blocks of %j", (source, blocks) => {
    expect(parseMarkup(source, names)).toEqual(blocks);
  });

  it.each([
    ["one line of it", "a | b\nc | d"],
    ["other columns than its separator has", "a | b\n-|-|-"],
    ["more columns than people read", `${"a|".repeat(51)}\n${"-|".repeat(51)}`],
    ["escaped pipes", "a \\| b\n-|-"],
    ["a spoiler through cells", "||a | b||\n-|-|-|-\nc"],
    ["a spoiler through tabs", "||a\tb||\nc\td"],
    ["code after tabs", "\t\tif (a)\n\t\tb()"],
    ["one line with tabs", "a\tb\nc"],
  ])("draws no table of %s", (_, source) => {
    expect(parseMarkup(source)).toHaveLength(1);
    expect(parseMarkup(source)[0]?.type).toBe("paragraph");
  });

  it("shows headings, lists and tables in one line", () => {
    const source =
      "# Plan\n- [x] tea\n- [ ] ||cake||\n---\n|a|b|\n|-|-|\n| | |\n|c|\\|\\|d\\|\\||\n1\t2\n3\t4";
    expect(plainText(source)).toBe("Plan ☑ tea ☐ ▒▒▒ a · b · c · ▒▒▒ 1 · 2 · 3 · 4");
  });

  it("hides spoilers in previews", () => {
    expect(plainText("The **end**: ||they\nlive||")).toBe("The end: ▒▒▒");
  });

  it("cuts what is shown, whatever stands behind", () => {
    expect(plainText(`**${"👍".repeat(9)}** [a](https://a.example) ||b||`, 12)).toBe(`${"👍".repeat(9)} a `);
  });

  it("shows a preview whose signs are escaped as it is", () => {
    fc.assert(
      fc.property(hostile, (source) => {
        const preview = plainText(source);
        expect(plainText(plain(preview))).toBe(preview);
      }),
      runOptions(300),
    );
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

function code(of: string): Inline {
  return { type: "code", text: of };
}

/** A link to an address that its label does not show. */
function shown(label: string): Inline {
  const [href, host] = ["https://evil.example", "evil.example"];
  return { type: "link", href, host, children: [text(label)] };
}

function link(href: string, label = href): Inline {
  return { type: "link", href, children: [text(label)] };
}

function mention(id: number, name: string): Inline {
  return { type: "mention", id, text: `@${name}` };
}
