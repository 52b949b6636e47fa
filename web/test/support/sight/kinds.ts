import { z } from "zod";
import { Person } from "../../../../scripts/support/person.ts";
import { Message } from "../../../../scripts/support/shapes.ts";
import { paint } from "../../../../test/support/pages/paint.ts";
import type { Site } from "../site.ts";

const Made = z.object({ id: z.int(), username: z.string(), token: z.string() });

/** All marks of texts that few messages have. */
const MARKS = `# The way
## By train
- [ ] book the seats
- [x] ask Cem
1. Station
2. Bus 12

| Train | From | To | Price of a ticket there and back |
| --- | --- | --- | ---: |
| ICE 12 | Hamburg-Altona | Garmisch-Partenkirchen | 120 |
| RB 7 | Garmisch | Mittenwald | 9 |

Who will be late? ||Ben, as always||
---
> Nights are cold
\`\`\`
npm run everything --with-all --of-the-options --that-one-line -- can have
x
\`\`\``;

/**
 * A group whose messages are of all kinds that other conversations of the world lack: marks, an album, a
 * video, stickers, what was merged, forwarded or edited, what is long, and what a bot and a hook write.
 * @returns its id
 */
export async function kinds(site: Site, ann: Person, ben: Person): Promise<number> {
  const { id } = await ann.openGroup("Kinds", [ben]);
  const path = `/v1/conversations/${id}`;
  let n = 0;
  const post = async (by: Person, message: object) => {
    const body = { client_msg_id: `kinds-${++n}`, ...message };
    return Message.parse(await by.call("POST", `${path}/messages`, body)).seq;
  };
  const text = (said: string) => ({ kind: "text", body: { text: said } });
  const uploaded = async (width: number, height: number) => {
    const response = await fetch(`${site.origin}/v1/files?name=view.png`, {
      method: "POST",
      headers: { "Content-Type": "image/png", Authorization: `Bearer ${ben.token}` },
      body: Uint8Array.from(paint(width, height)),
    });
    return { url: String(Object(await response.json()).url), width, height, name: "view.png" };
  };

  const marks = await post(ben, text(MARKS));
  const changed = await post(ann, text("At six"));
  const edit = { base_version: 1, ...text("At seven, as the train of six is full") };
  await ann.call("PATCH", `${path}/messages/${changed}`, edit);
  await post(ann, text("A line of a long story, which is read by few.\n".repeat(40)));
  const wide = await uploaded(600, 150);
  const high = { ...(await uploaded(150, 450)), caption: "By the lake" };
  for (const body of [wide, high]) await post(ben, { kind: "image", body });
  await post(ann, { kind: "image", body: { ...wide, caption: "One more, on the way back" } });
  const elsewhere = { url: "https://elsewhere.example/a.png", width: 400, height: 300 };
  await post(ann, { kind: "image", body: elsewhere });
  const film = { url: `${site.origin}/icons/icon-512.png`, width: 640, height: 360, duration_ms: 5_000 };
  await post(ben, { kind: "video", body: film });
  await post(ann, { kind: "face", body: { index: "1", data: "🎉" } });
  await post(ben, { kind: "face", body: { index: "smile", data: "smile" } });
  for (const description of ["A card of a product", ""])
    await post(ben, { kind: "custom", body: { data: "{}", description, extension: "" } });
  const items = [marks, changed].map((seq) => ({ conversation_id: id, seq }));
  await post(ben, { kind: "merged", body: { title: "What we said about the way", items } });
  await post(ann, { forward: { conversation_id: id, seq: changed } });

  const bot = Made.parse(await ann.call("POST", "/v1/bots", { nickname: "Weather" }));
  await ann.call("POST", `${path}/members`, { user_ids: [bot.id] });
  const sunny = [
    { text: "Sunny", data: "yes" },
    { text: "Not at all, it rains the whole day", data: "no" },
  ];
  const buttons = [sunny, [{ text: "The map", url: "https://weather.example/map" }]];
  const asBot = Person.of(site.origin, bot.token, { ...ben.user, ...bot });
  await post(asBot, { ...text("Sunny or not?"), buttons });
  const hook = z.object({ url: z.string() });
  const { url } = hook.parse(await ann.call("POST", `${path}/hooks`, { name: "Builds" }));
  const headers = { "Content-Type": "application/json" };
  await fetch(url, { method: "POST", headers, body: JSON.stringify({ text: "Build 12 is green" }) });
  return id;
}
