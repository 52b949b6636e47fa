import { setTimeout } from "node:timers/promises";
import { assertSame } from "../../support/assert-same.ts";
import type { Addressee, TimMessage, TimPerson } from "../../support/tim-person.ts";
import { chapter, note } from "../print.ts";

/**
 * A picture of one pixel, a second of silence, and the beginning of a film: small files of the right types.
 */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const MP3 = bytes([0x49, 0x44, 0x33, 0x03, 0, 0, 0, 0, 0, 0, 0xff, 0xfb, 0x90, 0]);
const MP4 = bytes([
  0,
  0,
  0,
  24,
  ...letters("ftypisom"),
  0,
  0,
  2,
  0,
  ...letters("isommp41"),
  0,
  0,
  0,
  8,
  ...letters("mdat"),
]);

/** Every kind of message, and revokes in time and too late. */
export async function everyKind(ann: TimPerson, bob: TimPerson, windowS: number): Promise<void> {
  chapter("Messages of every kind, from ann to bob");
  const to: Addressee = { to: bob.userID, conversationType: "C2C" };
  const sent: TimMessage[] = [];
  const send = async (what: string, message: Promise<TimMessage>, type: string) => {
    const { type: displayed } = await message;
    assertSame(`the type of ${what}`, displayed, type);
    sent.push(await message);
    note(`${what}: ${displayed}`);
  };
  await send("text", ann.sendMessage(to, { text: "晚上好" }), "TIMTextElem");
  await send("text with @", ann.sendMessage(to, { text: "@bob", atUserList: [bob.userID] }), "TIMTextElem");
  await send(
    "custom",
    ann.sendMessage(to, { data: "{}", description: "a poll", extension: "" }),
    "TIMCustomElem",
  );
  await send("face", ann.sendMessage(to, { index: "1", data: "smile" }), "TIMFaceElem");
  const image = { name: "dot.png", type: "image/png", data: PNG };
  await send("image, as base64", ann.sendMessage(to, { file: image }), "TIMImageElem");
  await send("audio", ann.sendFile(to, new File([MP3], "a.mp3", { type: "audio/mpeg" })), "TIMSoundElem");
  await send("video", ann.sendFile(to, new File([MP4], "v.mp4", { type: "video/mp4" })), "TIMVideoFileElem");
  await send("file", ann.sendFile(to, new File(["hello"], "n.txt", { type: "text/plain" })), "TIMFileElem");
  await send("forward", ann.sendMessage(to, { message: sent[0] }), "TIMTextElem");

  const seen = await bob.newest(`C2C${ann.userID}`);
  assertSame(
    "what bob sees",
    seen.map(({ ID, type, payload, flow }) => ({ ID, type, payload, flow })),
    sent.map(({ ID, type, payload }) => ({ ID, type, payload, flow: "in" })),
  );
  assertSame("what is unread at bob's", await bob.unread(`C2C${ann.userID}`), sent.length);
  await bob.call("/message/setMessageRead", { conversationID: `C2C${ann.userID}` });
  const read = await ann.newest(`C2C${bob.userID}`);
  assertSame(
    "whether ann sees the message as read",
    read.every(({ isPeerRead }) => isPeerRead),
    true,
  );

  const regretted = await ann.sendMessage(to, { text: "a slip of the tongue" });
  await ann.call("/message/revokeMessage", { ID: regretted.ID });
  await ann.expectRefused(20023, "/message/revokeMessage", { ID: regretted.ID });
  const left = (await bob.newest(`C2C${ann.userID}`)).at(-1);
  assertSame("what is left of it", [left?.isRevoked, left?.payload], [true, {}]);
  const late = await ann.sendMessage(to, { text: "this stays" });
  await bob.expectRefused(10007, "/message/revokeMessage", { ID: late.ID });
  await setTimeout((windowS + 1) * 1_000);
  await ann.expectRefused(20016, "/message/revokeMessage", { ID: late.ID });
  note(`one message was taken back; after ${windowS} s none can be`);
}

function bytes(values: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values);
}

function letters(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0));
}
