import { beforeAll, expect, test } from "vitest";
import { LIBRARY_REQUESTS, type LibraryRequest } from "../../support/bot-api/library-requests.ts";
import { flawsOfAnswer } from "../../support/bot-api/shape.ts";
import { register, type SignedIn } from "../../support/clients/api.ts";
import { openDirect } from "../../support/clients/chat.ts";
import { wire } from "../../support/clients/wire.ts";
import { newBot, sendText, success } from "./client.ts";

let ann: SignedIn;
let bot: SignedIn;
/** a message of the bot */
let said: number;

beforeAll(async () => {
  [ann, bot] = await Promise.all([register(), newBot()]);
  await openDirect(ann, bot);
  said = (await sendText(bot, ann.user.id, "before")).message_id;
});

function bodyOf({ urlencoded, form }: LibraryRequest) {
  if (urlencoded) return { body: new URLSearchParams(filled(urlencoded)) };
  if (!form) return {};
  const parts = form.map(([name, value, headers]) => {
    const file = headers === undefined ? "" : `; ${headers}`;
    return `--B\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${number(value)}\r\n`;
  });
  const headers = { "Content-Type": "multipart/form-data; boundary=B" };
  return { headers, body: `${parts.join("")}--B--\r\n` };
}

const number = (value: string) => value.replace("CHAT", String(ann.user.id)).replace("MESSAGE", String(said));
const filled = (fields: Record<string, string>) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, number(value)]));

test.each(LIBRARY_REQUESTS.map((request) => [request.library, request.method, request] as const))(
  "%s: %s is taken as the library sends it, and answered with all that it needs",
  async (_, method, request) => {
    const query = new URLSearchParams(filled(request.query ?? {}));
    const path = `/bot${bot.user.id}:${bot.token}/${method}?${query}`;
    const result = success(await wire({ method: "POST", path, ...bodyOf(request) }));
    expect(flawsOfAnswer(method, result)).toEqual([]);
  },
);
