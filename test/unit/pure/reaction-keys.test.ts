import { expect, test } from "vitest";
import { ReactionKey } from "../../../src/domain/messages/reactions.ts";

test.each([
  ["👍", "a thumb"],
  ["👍🏽", "a thumb with a skin tone"],
  ["🏻", "a skin tone alone"],
  ["1⃣", "a keycap"],
  ["#⃣", "the keycap of a hash"],
  ["🇩🇪", "a flag"],
  ["🏴󠁧󠁢󠁳󠁣󠁴󠁿", "the flag of a region"],
  ["👨‍👩‍👧‍👦", "a family"],
  ["👩🏻‍❤‍💋‍👨🏼", "a kiss with skin tones"],
  ["🏳‍🌈", "a rainbow flag"],
  ["🕵🏽‍♂", "a detective"],
  ["🏃‍♀‍➡", "a runner to the right"],
  ["❤", "a heart"],
  ["©", "a copyright sign"],
  [":party_parrot:", "a name"],
  [":+1:", "a name with a sign"],
  [`:${"a".repeat(30)}:`, "the longest name"],
])("%s is a key: %s", (key) => {
  expect(ReactionKey.parse(key)).toBe(key);
});

test.each([
  ["❤️", "❤"],
  ["❤︎", "❤"],
  ["1️⃣", "1⃣"],
  ["🏳️‍🌈", "🏳‍🌈"],
  ["👁️‍🗨️", "👁‍🗨"],
  ["👍️", "👍"],
])("the variation selectors of %s are removed", (text, key) => {
  expect(ReactionKey.parse(text)).toBe(key);
});

test.each([
  ...["", " ", "a", "1", "#", "é", "ok", "👍👍", "👍a", " 👍", "❤️❤️", "🇩", "🇩🇪🇫🇷", "🇩🇩", "👍‍", "👍‍👍"],
  ...["\u{200d}", "\u{fe0f}", "\u{20e3}", "\ud83d", ":a", "a:", "::", ":A:", ":a b:", ":ä:", ":a::b:"],
  ...[`:${"a".repeat(31)}:`, "👍".repeat(1_000)],
])("%j is no key", (text) => {
  expect(ReactionKey.safeParse(text).success).toBe(false);
});
