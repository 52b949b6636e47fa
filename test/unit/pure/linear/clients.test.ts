import { describe, it } from "vitest";
import { excerpt, occurrences } from "../../../../packages/react/src/excerpts/index.ts";
import {
  mentionsOf,
  namesIn,
  namesOf,
  parseMarkup,
  plainText,
} from "../../../../packages/react/src/markup/index.ts";
import { hasWords, wordsOf } from "../../../../packages/react/src/text/index.ts";
import { begunFilter, parseQuery, readDay } from "../../../../web/src/search/query.ts";
import { parseAddress } from "../../../../web/src/state/address.ts";
import { again, expectLinear, PATIENCE_MS, type Reader, type WorstText } from "./worst-texts.ts";

const USERS = [
  { id: 1, username: "ann", nickname: "Ann Lee" },
  { id: 2, username: "a", nickname: "漢" },
  { id: 3, username: "1", nickname: "👍" },
];
const NAMES = [namesOf(USERS, true)];

describe("what others have written takes linear time", () => {
  it.each<[string, Reader, ...WorstText[]]>([
    [
      "the markup of a message",
      (text) => parseMarkup(text, NAMES),
      again("http://a:99999/"),
      again("http://a/)"),
    ],
    [
      "the label of a link",
      (text) => parseMarkup(`[${text}](https://a.example)`),
      again("n."),
      again("\u0301\u0323"),
    ],
    ["the address of a link", (text) => parseMarkup(`[a](https://a.example/${text})`)],
    [
      "a host with what is none at its end",
      (text) => parseMarkup(`${text}www.xn--a`),
      again("www.a_"),
      again("www.a漢"),
    ],
    ["a text without its marks", (text) => plainText(text)],
    ["whom a message mentions", (text) => namesIn(text, [1, 2, 8, 9], USERS)],
    ["the mentions of a text that is written", (text) => mentionsOf(text, NAMES)],
    ["where a word is found", (text) => occurrences(text, "the")],
    ["the piece that a search shows", (text) => excerpt(text, "budget")],
    ["the words of a filter", (text) => hasWords(wordsOf("the budget"), text)],
    ["the filters of a search", parseQuery],
    ["a filter that is begun", (text) => begunFilter(`in:${text}`), again("\t", ":")],
    ["a day", readDay],
    ["an address of the page", (text) => parseAddress(`#/search/${text}`)],
  ])(
    "%s",
    async (_, read, ...always) => {
      await expectLinear(read, 1, always);
    },
    PATIENCE_MS,
  );
});
