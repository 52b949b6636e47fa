import { setTimeout } from "node:timers/promises";
import { same } from "../../support/same.ts";
import type { Addressee, TimMessage, TimPerson } from "../../support/tim-person.ts";
import { chapter, note } from "./told.ts";

/** A picture of one dot, a second of silence, and the head of a film: small, and what they say they are. */
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

/** Every kind of message, and taking back in time and too late. */
export async function everyKind(ann: TimPerson, bob: TimPerson, windowS: number): Promise<void> {
  chapter("Messages of every kind, from ann to bob");
  const to: Addressee = { to: bob.userID, conversationType: "C2C" };
  const sent: TimMessage[] = [];
  const send = async (what: string, message: Promise<TimMessage>, type: string) => {
    const { type: shown } = await message;
    same(`the type of ${what}`, shown, type);
    sent.push(await message);
    note(`${what}: ${shown}`);
  };
  await send("text", ann.sends(to, { text: "晚上好" }), "TIMTextElem");
  await send("text with @", ann.sends(to, { text: "@bob", atUserList: [bob.userID] }), "TIMTextElem");
  await send("custom", ann.sends(to, { data: "{}", description: "a poll", extension: "" }), "TIMCustomElem");
  await send("face", ann.sends(to, { index: "1", data: "smile" }), "TIMFaceElem");
  const image = { name: "dot.png", type: "image/png", data: PNG };
  await send("image, as base64", ann.sends(to, { file: image }), "TIMImageElem");
  await send("audio", ann.sendsFile(to, new File([MP3], "a.mp3", { type: "audio/mpeg" })), "TIMSoundElem");
  await send("video", ann.sendsFile(to, new File([MP4], "v.mp4", { type: "video/mp4" })), "TIMVideoFileElem");
  await send("file", ann.sendsFile(to, new File(["hello"], "n.txt", { type: "text/plain" })), "TIMFileElem");
  await send("forward", ann.sends(to, { message: sent[0] }), "TIMTextElem");

  const seen = await bob.newest(`C2C${ann.userID}`);
  same(
    "what bob sees",
    seen.map(({ ID, type, payload, flow }) => ({ ID, type, payload, flow })),
    sent.map(({ ID, type, payload }) => ({ ID, type, payload, flow: "in" })),
  );
  same("what is unread at bob's", await bob.unread(`C2C${ann.userID}`), sent.length);
  await bob.does("/message/setMessageRead", { conversationID: `C2C${ann.userID}` });
  const read = await ann.newest(`C2C${bob.userID}`);
  same(
    "whether ann sees that he has read",
    read.every(({ isPeerRead }) => isPeerRead),
    true,
  );

  const regretted = await ann.sends(to, { text: "a slip of the tongue" });
  await ann.does("/message/revokeMessage", { ID: regretted.ID });
  await ann.mayNot(20023, "/message/revokeMessage", { ID: regretted.ID });
  const left = (await bob.newest(`C2C${ann.userID}`)).at(-1);
  same("what is left of it", [left?.isRevoked, left?.payload], [true, {}]);
  const late = await ann.sends(to, { text: "this stays" });
  await bob.mayNot(10007, "/message/revokeMessage", { ID: late.ID });
  await setTimeout((windowS + 1) * 1_000);
  await ann.mayNot(20016, "/message/revokeMessage", { ID: late.ID });
  note(`one message was taken back; after ${windowS} s none can be`);
}

function bytes(values: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values);
}

function letters(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0));
}
