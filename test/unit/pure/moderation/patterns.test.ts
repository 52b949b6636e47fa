import fc from "fast-check";
import { expect, test } from "vitest";
import { ConversationId } from "../../../../src/domain/ids.ts";
import { type CompiledRules, compileRules } from "../../../../src/domain/moderation/rules/compile.ts";
import { ModerationRules } from "../../../../src/domain/moderation/rules/rule.ts";

const HERE = ConversationId.parse(1);

const compiled = (patterns: string[], action = "flag"): CompiledRules =>
  compileRules(
    ModerationRules.parse(patterns.map((pattern, at) => ({ id: `p${at}`, match: { pattern }, action }))),
  );
const matches = (rules: CompiledRules, text: string) =>
  rules.check(text, HERE).rules.map((id) => Number(id.slice(1)));

test.each([
  "(a+)+$",
  "(a|a)*b",
  "(.*)*x",
  "a*a*a*a*a*b",
  "([a-z]+)+\\d",
  "(a?){90}a{90}",
  "(a|b)*a(a|b){20}c",
])("%s ends, though an engine that backtracks would not", (pattern) => {
  for (const action of ["flag", "mask"])
    expect(() => compiled([pattern], action).check(`${"ab".repeat(4_000)}!`, HERE)).not.toThrow();
});

test.each([
  ["a(", /missing closing \)/],
  ["x[a-", /missing closing \]/],
  ["*a", /missing argument to repetition operator/],
  ["(a)\\1", /invalid escape sequence/],
  ["a(?=b)", /Perl/],
  ["(?<!b)a", /./],
  ["a{3,2}", /repeat/],
  ["a\\q", /invalid escape sequence/],
  ["\\p{Nonsense}", /range/],
  ["a*", /^the pattern matches an empty text, so every text$/],
  ["^|a", /^the pattern matches an empty text, so every text$/],
  ["\\b", /^the pattern matches an empty text, so every text$/],
  ["(a{50}){20}", /^the pattern has \d+ steps with its counts, at most 500 are allowed$/],
])("the pattern %s is refused, and the issue says why", (pattern, message) => {
  const { error } = ModerationRules.safeParse([{ id: "p", match: { pattern }, action: "flag" }]);
  expect(error?.issues.map((issue) => issue.message)).toEqual([expect.stringMatching(message)]);
});

test("an astral character is one character", () => {
  expect(matches(compiled(["^.$", "[^a-c]$", "[😀-😂]", "\\x{1F600}", "^..$"]), "😀")).toEqual([0, 1, 2, 3]);
});

const atom = fc.constantFrom(
  ..."abK",
  "\\.",
  "é",
  "σ",
  ".",
  "\\w",
  "\\D",
  "[ab]",
  "[^a-c]",
  "\\p{L}",
  "😀",
  "ß",
  "\\s",
);
const { tree } = fc.letrec<{ tree: string; quantified: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    atom,
    tie("quantified"),
    fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => a + b),
    fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => `(?:${a}|${b})`),
    fc.tuple(fc.constantFrom("^", "\\b", "\\B"), tie("tree")).map(([sign, a]) => sign + a),
    tie("tree").map((a) => `${a}$`),
  ),
  quantified: fc
    .tuple(tie("tree"), fc.constantFrom("*", "+", "?", "{2}", "{1,3}", "{0,4}", "{2,}"))
    .map(([a, sign]) => `(${a})${sign}`),
}));

// V8 takes `/[^a-c]$/iu` for no match of an astral character, so these texts have none.
test("a text matches iff JavaScript's own engine finds a match, of one pattern and of many at once", () => {
  const list = fc.array(
    tree.filter(
      (pattern) => ModerationRules.safeParse([{ id: "p", match: { pattern }, action: "flag" }]).success,
    ),
    { minLength: 1, maxLength: 4 },
  );
  // Without marks: a text with some is searched as it is shown, too.
  const text = fc
    .array(fc.constantFrom(..."aAbBckK.éÉσςΣ 1\nßẞ#+-"), { maxLength: 12 })
    .map((all) => all.join(""));
  fc.assert(
    fc.property(list, fc.array(text, { minLength: 1, maxLength: 4 }), (patterns, all) => {
      const rules = compiled(patterns);
      for (const text of all) {
        const expected = patterns.flatMap((pattern, at) =>
          new RegExp(pattern, "iu").test(text) ? [at] : [],
        );
        expect(matches(rules, text), JSON.stringify([patterns, text])).toEqual(expected);
      }
    }),
    { numRuns: 2_000 },
  );
});
