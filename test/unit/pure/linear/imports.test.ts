import { Readable } from "node:stream";
import { describe, it } from "vitest";
import { fileNameOf, nicknameOf } from "../../../../scripts/import/collected/names.ts";
import { splitText, storable } from "../../../../scripts/import/collected/split-text.ts";
import { ImportFailure } from "../../../../scripts/import/failure.ts";
import { Ids } from "../../../../scripts/import/ids.ts";
import { parseAt, readJsonLines } from "../../../../scripts/import/input/json.ts";
import { readJsonParts } from "../../../../scripts/import/input/json-parts.ts";
import type { Source } from "../../../../scripts/import/input/source.ts";
import { PostTexts } from "../../../../scripts/import/mattermost/markdown.ts";
import { attachmentOf } from "../../../../scripts/import/stream/attachments.ts";
import { reactionKeyOf } from "../../../../scripts/import/text/emoji.ts";
import { quote } from "../../../../scripts/import/text/quote.ts";
import { TextNames } from "../../../../scripts/import/text/text-names.ts";
import { fromDiscord } from "../../../../src/domain/foreign/discord/markdown.ts";
import { attachmentText } from "../../../../src/domain/foreign/slack/attachments.ts";
import { SlackBlocks } from "../../../../src/domain/foreign/slack/blocks.ts";
import { fromMrkdwn } from "../../../../src/domain/foreign/slack/mrkdwn.ts";
import { again, expectLinear, PATIENCE_MS, type Reader, type WorstText } from "./worst-texts.ts";

const ANN = { id: "u1", name: "Ann" };
const names = () => new TextNames({ user: () => ANN, channel: () => "general" }, "all");
const IDS = new Ids("stream");

describe("what an export has takes linear time", () => {
  it.each<[string, Reader, ...WorstText[]]>([
    ["a text of Discord", (text) => fromDiscord(text, names()), again("<//")],
    ["a text of Mattermost", (text) => new PostTexts(() => ANN).read(text), again("![")],
    ["a text of Slack", (text) => fromMrkdwn(text, names())],
    [
      "a block of Slack",
      (text) => new SlackBlocks(names()).textOf([{ type: "section", text: { type: "mrkdwn", text } }]),
    ],
    [
      "an attachment of Slack",
      (text) => attachmentText({ title: text, text, fields: [{ value: text }] }, names()),
    ],
    ["a link of Stream", (text) => attachmentOf(IDS, { title: text, title_link: text }, "1", "")],
    ["the pieces of a long text", (text) => splitText(storable(text)), again("\u0000"), again("漢")],
    ["a quote", (text) => quote([text])],
    ["a nickname", (text) => nicknameOf([text], "")],
    ["the name of a file", (text) => fileNameOf(text, "")],
    ["a reaction", reactionKeyOf],
    ["JSON with a flaw", (text) => failing(() => parseAt("a", 1, text))],
    ["a string of JSON with a flaw", (text) => failing(() => parseAt("a", 1, `{"a":"${text}`))],
    ["lines of JSON", (text) => failing(() => all(readJsonLines(sourceOf(text), "a")))],
    ["a line of JSON", (text) => all(readJsonLines(sourceOf(JSON.stringify(text)), "a"))],
    ["parts of JSON", (text) => failing(() => all(readJsonParts(sourceOf(text), "a", isPart))), again("[")],
  ])(
    "%s",
    async (_, read, ...always) => {
      await expectLinear(read, 1, always);
    },
    PATIENCE_MS,
  );
});

function isPart(path: readonly string[]): boolean {
  return path.length === 2;
}

async function all(parts: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of parts);
}

async function failing(read: () => unknown): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof ImportFailure)) throw error;
  }
}

/** A file that comes in pieces of 4 KiB. */
function sourceOf(text: string): Source {
  const pieces = Buffer.from(text);
  const open = async () =>
    Readable.from(
      Array.from({ length: Math.ceil(pieces.length / 4096) }, (_, i) =>
        pieces.subarray(i * 4096, (i + 1) * 4096),
      ),
    );
  return { name: "a", paths: ["a"], has: () => true, open, close: () => {} };
}
