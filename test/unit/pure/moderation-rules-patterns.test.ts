import fc from "fast-check";
import { expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { type CompiledRules, compileRules } from "../../../src/domain/moderation/rules/compile.ts";
import { ModerationRules } from "../../../src/domain/moderation/rules/rule.ts";

const HERE = ConversationId.parse(1);

const compiled = (patterns: string[], action = "flag"): CompiledRules =>
  compileRules(
    ModerationRules.parse(patterns.map((pattern, at) => ({ id: `p${at}`, match: { pattern }, action }))),
  );
const matches = (rules: CompiledRules, text: string) =>
  rules.check(text, HERE).rules.map((id) => Number(id.slice(1)));

test.each([
  ["(a+)+$", "a", "!"],
  ["(a|a)*b", "a", "c"],
  ["(.*)*x", "a", "!"],
  ["a*a*a*a*a*b", "a", "c"],
  ["([a-z]+)+\\d", "a", "!"],
  ["(a?){100}a{100}", "a", "!"],
  ["(a|b)*a(a|b){20}c", "ab", "d"],
])("%s takes linear time", (pattern, unit, end) => {
  const text = (length: number) => unit.repeat(length / unit.length) + end;
  for (const action of ["flag", "mask"]) {
    const rules = compiled([pattern], action);
    const steps = (length: number) => {
      const before = rules.steps;
      rules.check(text(length), HERE);
      return rules.steps - before;
    };
    steps(100);
    expect(steps(8_000)).toBeLessThan(8_000 * 1_500);
    const [half, whole] = [compiled([pattern], action), compiled([pattern], action)];
    half.check(text(4_000), HERE);
    whole.check(text(8_000), HERE);
    expect(whole.steps).toBeLessThan(2.1 * half.steps + 1_000);
  }
});

test("a text of any characters visits each node once at most, for each of its characters", () => {
  const rules = compiled(Array.from({ length: 100 }, (_, at) => `[ab]*a[ab]{12}${at}`));
  let random = 7;
  const text = Array.from({ length: 8_000 }, () => {
    random = (random * 48_271) % 2_147_483_647;
    return random % 2 ? "a" : "b";
  }).join("");
  rules.check(text, HERE);
  expect(rules.steps).toBeLessThan(8_000 * 100 * 20);
});

test.each([
  ["a(", "character 2: a ( without its )"],
  ["a)", "character 2: a ) without its ("],
  ["x[a-", "character 2: a [ without its ]"],
  ["*a", "character 1: a * that stands for nothing: write \\*"],
  ["a**", "character 3: two quantifiers"],
  ["a+?b", "character 3: a lazy quantifier: a match is as long as it can be"],
  ["(a)\\1", "character 4: a reference to a group, which may take too long"],
  ["(?<n>a)\\k<n>", "character 8: a reference to a group, which may take too long"],
  ["a(?=b)", "character 2: a look at what is around, which may take too long"],
  ["(?<!b)a", "character 1: a look at what is around, which may take too long"],
  ["(?i:a)", "character 1: a group of a kind that is not known"],
  ["a{3,2}", "character 1: a count whose numbers are out of order"],
  ["\\", "character 1: a \\ at the end"],
  ["a\\q", "character 2: \\q, which has no meaning"],
  ["a*", "the pattern matches an empty text, so every text"],
  ["^|a", "the pattern matches an empty text, so every text"],
  ["\\b", "the pattern matches an empty text, so every text"],
  ["((a{50}){50}){50}", "the pattern matches 125000 characters with its counts, at most 500"],
])("the pattern %s is refused, and the issue says where", (pattern, message) => {
  const { error } = ModerationRules.safeParse([{ id: "p", match: { pattern }, action: "flag" }]);
  expect(error?.issues.map((issue) => issue.message)).toEqual([message]);
});

test.each(["[b-a]", "\\p{Nonsense}", "(?<1>a)", "\\u{110000}"])(
  "the pattern %s is refused as JavaScript does",
  (pattern) => {
    expect(ModerationRules.safeParse([{ id: "p", match: { pattern }, action: "flag" }]).success).toBe(false);
  },
);

test("an astral character is one character", () => {
  expect(matches(compiled(["^.$", "[^a-c]$", "[😀-😂]", "\\u{1F600}", "^..$"]), "😀")).toEqual([0, 1, 2, 3]);
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
  "\\u0061",
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
  const text = fc
    .array(fc.constantFrom(..."aAbBckK.éÉσςΣ 1\nßẞ*_-"), { maxLength: 12 })
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
