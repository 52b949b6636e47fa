import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { flawsOfAnswer } from "../../support/bot-api/shape.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { openDirect, page } from "../../support/clients/chat.ts";
import { wire } from "../../support/clients/wire.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { called, failure, newBot, success, tg } from "./client.ts";

let ann: SignedIn;
let bot: SignedIn;
/** the conversation of Ann and the bot, and a group of Ann's with the bot as admin */
let direct: number;
let group: number;

beforeAll(async () => {
  [ann, bot] = await Promise.all([register(), newBot()]);
  direct = (await openDirect(ann, bot)).id;
  group = await createGroupId(ann, bot);
  const path = `/v1/conversations/${group}/members/${bot.user.id}`;
  await call("PATCH", path, { token: ann.token, body: { role: "admin" } });
});

const GIF = "GIF89a\x01\x00\x01\x00\x00\x00\x00;";
const MP4 = "\0\0\0\x18ftypmp42\0\0\0\0mp42isom";

/** A call with a form. Fields have a name, files a type, too. */
async function posted(method: string, parts: [name: string, body: string, type?: string][], query = "") {
  const written = parts.map(([name, body, type]) => {
    const file = type === undefined ? "" : `; filename="${name}.x"\r\nContent-Type: ${type}`;
    return `--B\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${body}\r\n`;
  });
  const answer = await wire({
    ...{ method: "POST", path: `/bot${bot.token}/${method}${query}` },
    headers: { "Content-Type": "multipart/form-data; boundary=B" },
    body: `${written.join("")}--B--\r\n`,
  });
  if (answer.status === 200) expect(flawsOfAnswer(method, success(answer))).toEqual([]);
  return answer;
}

const Ids = z.array(z.looseObject({ message_id: z.int() }));

test("an album is a message for each file, uploaded, known by its id or at an address", async () => {
  const chat_id = ann.user.id;
  const media = [
    { type: "photo", media: "attach://a", caption: "*one*", parse_mode: "MarkdownV2" },
    { type: "video", media: "attach://b", duration: 3, width: 4, height: 5 },
    { type: "photo", media: "https://x.example/y.png" },
    { type: "document", media: "attach://c" },
  ];
  const files: [string, string, string][] = [
    ["a", GIF, "image/gif"],
    ["b", MP4, "video/mp4"],
    ["c", "notes", "text/plain"],
  ];
  const json = JSON.stringify(media);
  // Libraries write parameters before the files, behind them, or into the query.
  for (const [parts, query] of [
    [[["chat_id", `${chat_id}`], ["media", json], ...files], ""],
    [[...files, ["media", json], ["chat_id", `${chat_id}`]], ""],
    [files, `?${new URLSearchParams({ chat_id: `${chat_id}`, media: json })}`],
  ] as [[string, string, string?][], string][]) {
    const sent = success(await posted("sendMediaGroup", parts, query));
    expect(sent).toMatchObject([
      { photo: [{ width: 1 }], caption: "one", caption_entities: [{ type: "bold" }] },
      { video: { duration: 3 } },
      { photo: [{}] },
      { document: { file_name: "c.x", mime_type: "text/plain" } },
    ]);
    const ids = Ids.parse(sent).map(({ message_id }) => message_id);
    const { items } = await page(ann, direct);
    const kinds = items.filter(({ seq }) => ids.includes(seq)).map(({ kind }) => kind);
    expect(kinds).toEqual(["image", "video", "image", "file"]);
  }
  const again = z
    .tuple([z.object({ photo: z.array(z.object({ file_id: z.string() })) })])
    .rest(z.unknown())
    .parse(
      success(
        await posted(
          "sendMediaGroup",
          [["a", GIF, "image/gif"]],
          `?${new URLSearchParams({
            chat_id: `${chat_id}`,
            media: JSON.stringify([{ type: "photo", media: "attach://a" }]),
          })}`,
        ),
      ),
    )[0].photo[0]?.file_id;
  const known = [
    { type: "photo", media: again },
    { type: "photo", media: again },
  ];
  expect(await called(bot, "sendMediaGroup", { chat_id, media: known })).toHaveLength(2);
});

test("an album that is wrong in a part is not sent", async () => {
  const chat_id = ann.user.id;
  const before = (await page(ann, direct)).items.length;
  const photo = { type: "photo", media: "https://x.example/y.png" };
  for (const [media, words] of [
    [[], /no messages to send/],
    [Array.from({ length: 11 }, () => photo), /too many messages to send as an album/],
    [[photo, { type: "photo", media: "attach://none" }], /wrong file identifier/],
    [[photo, { type: "photo", media: "nonsense" }], /wrong file identifier/],
  ] as const)
    failure(await tg(bot, "sendMediaGroup", { chat_id, media }), 400, expect.stringMatching(words));
  expect((await page(ann, direct)).items.length).toBe(before);
});

test.each([
  ["sendAnimation", "animation", GIF, "image/gif", "image"],
  ["sendAnimation", "animation", MP4, "video/mp4", "video"],
  ["sendVideoNote", "video_note", MP4, "video/mp4", "video"],
  ["sendSticker", "sticker", GIF, "image/gif", "image"],
  ["sendSticker", "sticker", "\x1f\x8b\x08tgs", "application/x-tgsticker", "file"],
] as const)("%s sends %s as what it is by its type", async (method, field, bytes, type, kind) => {
  const parts: [string, string, string?][] = [
    ["chat_id", `${ann.user.id}`],
    [field, bytes, type],
  ];
  const sent = z
    .looseObject({ message_id: z.int(), [field]: z.looseObject({ file_id: z.string() }).optional() })
    .parse(success(await posted(method, parts)));
  const { items } = await page(ann, direct);
  expect(items.at(-1)).toMatchObject({ seq: sent.message_id, kind });
  const file_id = z.object({ file_id: z.string() }).parse(sent[field]).file_id;
  const again = { chat_id: ann.user.id, [field]: file_id };
  expect(await called(bot, method, again)).toMatchObject({ [field]: { file_id } });
});

test("what moves is sent from an address, too", async () => {
  const chat_id = ann.user.id;
  const animation = "https://x.example/a.mp4";
  expect(await called(bot, "sendAnimation", { chat_id, animation })).toHaveProperty("animation.file_id");
  failure(
    await tg(bot, "sendSticker", { chat_id, sticker: "CAACAgIAAxkB" }),
    400,
    "Bad Request: wrong file identifier/HTTP URL specified",
  );
});

test("the caption of media is edited; other media are refused", async () => {
  const chat_id = ann.user.id;
  const parts: [string, string, string?][] = [
    ["chat_id", `${chat_id}`],
    ["photo", GIF, "image/gif"],
  ];
  const { message_id, photo } = z
    .looseObject({ message_id: z.int(), photo: z.tuple([z.looseObject({ file_id: z.string() })]) })
    .parse(success(await posted("sendPhoto", parts)));
  const media = { type: "photo", media: photo[0].file_id, caption: "<b>new</b>", parse_mode: "HTML" };
  const edited = await called(bot, "editMessageMedia", { chat_id, message_id, media });
  expect(edited).toMatchObject({ caption: "new", photo: [{ file_id: photo[0].file_id }] });
  const other = { ...media, media: "https://x.example/y.png" };
  const refused = "Bad Request: message can't be edited";
  failure(await tg(bot, "editMessageMedia", { chat_id, message_id, media: other }), 400, refused);
  const uploaded: [string, string, string?][] = [
    ["media", JSON.stringify({ type: "photo", media: "attach://a" })],
    ["a", GIF, "image/gif"],
  ];
  const query = `?chat_id=${chat_id}&message_id=${message_id}`;
  failure(await posted("editMessageMedia", uploaded, query), 400, refused);
});

test("a group has a photo, until it is deleted", async () => {
  const chat_id = -group;
  const avatar = async () =>
    z
      .looseObject({ avatar: z.string() })
      .parse((await call("GET", `/v1/conversations/${group}`, { token: ann.token })).body).avatar;
  const parts = (bytes: string): [string, string, string?][] => [
    ["chat_id", `${chat_id}`],
    ["photo", bytes, "image/gif"],
  ];
  expect(success(await posted("setChatPhoto", parts(GIF)))).toBe(true);
  expect(await avatar()).toMatch(/\/files\//);
  expect(await called(bot, "getChat", { chat_id })).toHaveProperty("photo.big_file_id");
  failure(await posted("setChatPhoto", parts("no picture")), 400, expect.anything());
  failure(await tg(bot, "setChatPhoto", { chat_id }), 400, "Bad Request: there is no photo in the request");
  expect(await called(bot, "deleteChatPhoto", { chat_id })).toBe(true);
  expect(await avatar()).toBe("");
});
