import fc from "fast-check";
import { expect, test } from "vitest";
import { ConversationId } from "../../../../src/domain/ids.ts";
import { compileRules } from "../../../../src/domain/moderation/rules/compile.ts";
import { ModerationRules, RULE_LIMITS } from "../../../../src/domain/moderation/rules/rule.ts";

const HERE = ConversationId.parse(1);
const THERE = ConversationId.parse(2);

type Match = { words: string[] } | { pattern: string } | { domains: string[] };
type Rule = { id: string; match: Match; action: "refuse" | "hold" | "flag" | "mask"; except?: number[] };

const compiled = (...rules: Rule[]) => compileRules(ModerationRules.parse(rules));
const matches = (match: Match, text: string) =>
  compiled({ id: "r", match, action: "flag" }).check(text, HERE).action !== null;
/** The text as a mask of these matches leaves it. */
function masked(text: string, ...all: Match[]): string {
  const verdict = compiled(...all.map((match, at): Rule => ({ id: `m${at}`, match, action: "mask" }))).check(
    text,
    HERE,
  );
  return verdict.action === "mask" ? verdict.text : text;
}
const problems = (...rules: unknown[]) =>
  ModerationRules.safeParse(rules).error?.issues.map(({ message }) => message) ?? [];

test.each([
  ["cunt", "you CUNT!"],
  ["cunt", "cunt's"],
  ["cunt", "c\u200bu\u00adnt"],
  ["cunt", "ｃｕｎｔ"],
  ["cunt", "cünt"],
  ["cunt", "c\u0336u\u0336n\u0336t\u0336"],
  ["cunt", "𝓬𝓾𝓷𝓽"],
  ["paypal", "раураl"],
  ["boob", "b00b"],
  ["asshole", "@$$hole"],
  ["shit", "sh1t"],
  ["shit", "sh!t!"],
  ["loser", "1oser"],
  ["straße", "STRASSE"],
  ["σας", "ΣΑΣ"],
  ["istanbul", "İSTANBUL"],
  ["buy now", "Buy \n now"],
  ["buy now", "buy-now!"],
  ["хуй", "Хуй!"],
  ["сука", "cyкa"],
  ["100", "only 100 left"],
  ["傻逼", "你是傻逼吗"],
  ["バカ", "お前はﾊﾞｶだ"],
  ["บ้า", "คนบ้ามาก"],
  ["fuck", "去fuck吧"],
  ["시발", "시발 뭐"],
  ["كلب", "يا كَلْب"],
  ["कुत्ता", "वह कुत्ता है"],
])("the word %s matches %s", (word, text) => {
  expect(matches({ words: [word] }, text)).toBe(true);
});

test.each([
  ["cunt", "Scunthorpe"],
  ["ass", "class assess"],
  ["ass", "455"],
  ["loo", "100"],
  ["100", "loo 1000"],
  ["bum", "burn"],
  ["hi", "hit"],
  ["buy now", "buy nowhere"],
  ["か", "が"],
  ["傻逼", "傻 逼"],
  ["कुत्ता", "कुत्ते"],
])("the word %s does not match %s", (word, text) => {
  expect(matches({ words: [word] }, text)).toBe(false);
});

test.each([
  ["evil.example", "see evil.example."],
  ["evil.example", "https://EVIL.example:80/path?q"],
  ["evil.example", "http://user@a.b.evil.example/"],
  ["evil.example", "ev\u200bil.exam\u00adple"],
  ["evil.example", "ｅｖｉｌ。ｅｘａｍｐｌｅ"],
  ["evil.example", "访问evil.example吧"],
  ["Evil.Example", "evil.example"],
  ["bücher.example", "http://xn--bcher-kva.example"],
  ["xn--bcher-kva.example", "www.BÜCHER.example"],
  ["xn--bcher-kva.example", "bu\u0308cher.example"],
  ["例子.中国", "https://例子.中国/"],
])("the domain %s matches %s", (domain, text) => {
  expect(matches({ domains: [domain] }, text)).toBe(true);
});

test.each([
  ["evil.example", "notevil.example"],
  ["evil.example", "not-evil.example"],
  ["evil.example", "évil.example"],
  ["evil.example", "evil.example.com"],
  ["evil.example", "evil.examples"],
  ["evil.example", "evil example"],
  ["evil.example", `${"a".repeat(300)}evil.example`],
])("the domain %s does not match %s", (domain, text) => {
  expect(matches({ domains: [domain] }, text)).toBe(false);
});

test.each([
  ...["b**a**dword", "**bad**word", "b~~ad~~word", "b||adwo||rd", "bad`wor`d"],
  ...["*b**ad***word", "[bad](https://a.example)word", "[bad](https://a.example)[word](https://b.example)"],
  ...["_bad_**word**", "**[bad](https://a.example)**word"],
])("a word is found as its readers see it: %s", (text) => {
  expect(matches({ words: ["badword"] }, text)).toBe(true);
  expect(matches({ pattern: "badword" }, text)).toBe(true);
});

test.each([
  ...["bad*word", "b*a*dword", "bad_word", "bad|word", "[bad] (https://a.example) word", "bad ~ word"],
])("a sign that is no mark is no part of a word: %s", (text) => {
  expect(matches({ words: ["badword"] }, text)).toBe(false);
});

test("marks are looked at in the largest texts, whatever they are made of", () => {
  for (const part of ["[a](", "*a* ", "[", "](", "\\*", "** ", "a_", "[a](b) ", "~~ "])
    expect(matches({ words: ["badword"] }, part.repeat(20_000))).toBe(false);
});

test("a mask has the characters of the original, also where NFKC has more or fewer", () => {
  expect(masked("so a cünt, cu\u0308nt, ｃｕｎｔ", { words: ["cunt"] })).toBe("so a ****, *****, ****");
  expect(masked("😀 ﬁt 👍🏽", { words: ["fit"] }, { pattern: "😀" })).toBe("* ** 👍🏽");
  expect(masked("see https://a.evil.example/x", { domains: ["evil.example"] })).toBe(
    "see https://**************/x",
  );
  expect(masked("你是傻逼吗", { words: ["傻逼"] })).toBe("你是**吗");
  expect(masked("so b**a**dword, yes", { words: ["badword"] })).toBe("so ***********, yes");
  expect(masked("call 0123 456 now", { pattern: "\\d[\\d ]*\\d" })).toBe("call ******** now");
});

test("a mask covers all matches, and what asterisks make a match of", () => {
  expect(masked("abc", { pattern: ".c|ab" })).toBe("***");
  expect(masked("foofoo bar", { pattern: "\\bfoo" })).toBe("****** bar");
  expect(masked("*** x", { pattern: "\\*+" })).toBe("*** x");
});

test("the strongest action holds, all rules are named, and exceptions are left out", () => {
  const rules = compiled(
    { id: "d", match: { words: ["bad"] }, action: "flag" },
    { id: "c", match: { words: ["bad"] }, action: "mask", except: [2] },
    { id: "b", match: { words: ["worse"] }, action: "hold" },
    { id: "a", match: { pattern: "worst" }, action: "refuse" },
  );
  expect(rules.check("fine", HERE)).toEqual({ action: null, rules: [] });
  expect(rules.check("bad", THERE)).toEqual({ action: "flag", rules: ["d"] });
  expect(rules.check("a bad one", HERE)).toEqual({ action: "mask", rules: ["c", "d"], text: "a *** one" });
  expect(rules.check("bad, worse", HERE)).toEqual({ action: "hold", rules: ["b", "c", "d"] });
  expect(rules.check("bad, worse, worst", HERE)).toEqual({ action: "refuse", rules: ["a", "b", "c", "d"] });
});

test("rules over the limits, and rules that say nothing, are refused", () => {
  const rule = (id: string, match: unknown) => ({ id, match, action: "flag" });
  expect(problems(rule("a", { words: ["x"] }), rule("a", { words: ["y"] }))).toEqual([
    "two rules have the id a",
  ]);
  expect(problems(rule("A", { words: ["x"] }))).not.toEqual([]);
  for (const word of ["", "!", "x!", " x", "x".repeat(65)])
    expect(problems(rule("a", { words: [word] }))).not.toEqual([]);
  for (const domain of [
    "",
    "evil",
    "http://evil.example",
    "evil.example/x",
    "a b.example",
    "*.example",
    "a..b",
  ])
    expect(problems(rule("a", { domains: [domain] })), domain).not.toEqual([]);
  const half = Array.from({ length: RULE_LIMITS.words / 2 + 1 }, (_, at) => `w${at}`);
  expect(problems(rule("a", { words: half }), rule("b", { words: half }))).toEqual([
    "at most 2000 words in all rules, not 2002",
  ]);
  const patterns = (count: number, pattern: string) =>
    Array.from({ length: count }, (_, at) => rule(`r${at}`, { pattern: pattern.replace("#", `${at}`) }));
  expect(problems(...patterns(201, "x"))).toEqual(["at most 200 patterns in all rules, not 201"]);
  expect(problems(...patterns(9, "x{490}"))).toHaveLength(1);
});

const WORDS = ["ass", "cunt", "buy now", "傻逼", "хуй", "100", "shit"];
const PATTERNS = [
  "a+b",
  "\\bfoo",
  "b.c|ab",
  "[^x]{3}y",
  "\\d{2,4}-?",
  "^x",
  "z$",
  "(ha){2,}",
  ".\\b!",
  "傻.{0,3}",
];
const DOMAINS = ["evil.example", "bücher.example"];
const match = fc.oneof(
  fc.record({ words: fc.subarray(WORDS, { minLength: 1 }) }),
  fc.record({ pattern: fc.constantFrom(...PATTERNS) }),
  fc.record({ domains: fc.subarray(DOMAINS, { minLength: 1 }) }),
);
const rules = fc
  .array(fc.record({ match, action: fc.constantFrom("mask" as const, "mask" as const, "flag" as const) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((all) => all.map((rule, at): Rule => ({ ...rule, id: `r${at}` })));
const pieces = fc.oneof(
  fc.constantFrom(
    ...WORDS,
    ...DOMAINS,
    "@$$",
    "foo",
    "haha",
    "ab",
    "c",
    "x",
    "y",
    "z",
    " ",
    ".",
    "*",
    "!",
    "12-",
    "\u0308",
    "\u200b",
    "ﬁ",
    "😀",
  ),
  fc.string({ unit: "grapheme", maxLength: 3 }),
);
const texts = fc.array(pieces, { maxLength: 20 }).map((all) => all.join(""));

test("a mask keeps the length, and the masked text matches no mask rule", () => {
  fc.assert(
    fc.property(rules, texts, (list, text) => {
      const all = compiled(...list);
      const verdict = all.check(text, HERE);
      if (verdict.action !== "mask") return;
      expect([...verdict.text]).toHaveLength([...text].length);
      expect(all.check(verdict.text, HERE).action).not.toBe("mask");
      [...verdict.text].forEach((char, at) => {
        expect(["*", [...text][at]]).toContain(char);
      });
    }),
    { numRuns: 1_000 },
  );
});

test("a verdict does not depend on the order of the rules", () => {
  const shuffled = rules.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  fc.assert(
    fc.property(shuffled, texts, ([list, other], text) => {
      expect(compiled(...other).check(text, HERE)).toEqual(compiled(...list).check(text, HERE));
    }),
    { numRuns: 300 },
  );
});
