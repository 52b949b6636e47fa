import { z } from "zod";
import { ConversationId, Seq, UserId } from "../../../domain/ids.ts";
import { Kind } from "../../../domain/messages/content.ts";
import type { Message } from "../../../domain/messages/message.ts";
import { fileOfUrl } from "../../../http/file-url.ts";
import { wireMessageID } from "../ids.ts";
import { ELEMENTS, type Setting, seconds } from "./setting.ts";
import { messageForShow } from "./summary.ts";
import { tipPayload } from "./tip.ts";

/** What a message says, and what it is called where its file has no id of its own. */
type Said = Pick<Message, "kind" | "body" | "systemMessage"> &
  ({ ID: string } | Pick<Message, "conversationId" | "seq">);

const Text = z.object({ text: z.string() });
const Medium = z.object({
  url: z.string(),
  name: z.string().optional(),
  size: z.number().default(0),
  content_type: z.string().default(""),
  width: z.number().default(0),
  height: z.number().default(0),
  duration_ms: z.number().default(0),
});
type Medium = z.infer<typeof Medium>;
const Location = z.object({ latitude: z.number(), longitude: z.number(), address: z.string().default("") });
const Face = z.object({ index: z.string(), data: z.string() });
const Custom = z.object({ data: z.string(), description: z.string(), extension: z.string() });
const Merged = z.object({
  title: z.string(),
  items: z.array(
    z.object({
      conversation_id: ConversationId,
      seq: Seq,
      sender: z.object({
        id: UserId,
        username: z.string(),
        nickname: z.string(),
        avatar: z.string(),
      }),
      kind: Kind,
      body: z.record(z.string(), z.json()),
      created_at: z.number(),
    }),
  ),
});

/** The payload of an element, of a message that was not revoked. */
export function payloadOf(said: Said, { stage, profiles }: Pick<Setting, "stage" | "profiles">): object {
  const body: unknown = JSON.parse(said.body);
  const ID = "ID" in said ? said.ID : wireMessageID(said.conversationId, said.seq);
  if (said.kind === "tip") return tipPayload(said, stage, profiles);
  return contentOf(said.kind, body, ID);
}

/** What a message says, whose kind is none that tells of the conversation. */
function contentOf(kind: Exclude<Kind, "tip">, body: unknown, ID: string): object {
  switch (kind) {
    case "text":
      return Text.parse(body);
    case "image":
      return image(Medium.parse(body), ID);
    case "audio":
      return audio(Medium.parse(body), ID);
    case "video":
      return video(Medium.parse(body), ID);
    case "file":
      return file(Medium.parse(body), ID);
    case "location": {
      const { latitude, longitude, address } = Location.parse(body);
      return { description: address, latitude, longitude };
    }
    case "face":
      return Face.parse(body);
    case "custom":
      return Custom.parse(body);
    case "merged":
      return relay(Merged.parse(body));
  }
}

/** The SDK's number of a picture's format; 255: another. */
const FORMATS: Record<string, number> = { "image/jpeg": 1, "image/gif": 2, "image/png": 3, "image/bmp": 4 };
const OTHER_FORMAT = 255;

/** The SDK has each picture in three sizes: as it is, for a list, for a screen. Here all three are as it is. */
const SIZES = [
  { type: 0, sizeType: 1 },
  { type: 1, sizeType: 2 },
  { type: 2, sizeType: 3 },
] as const;

function image({ url, size, content_type, width, height }: Medium, ID: string) {
  const shown = { size, width, height, url, imageUrl: url };
  return {
    uuid: uuidOf(url, ID),
    imageFormat: FORMATS[content_type] ?? OTHER_FORMAT,
    imageInfoArray: SIZES.map((which) => ({ ...which, ...shown })),
  };
}

function audio({ url, size, duration_ms }: Medium, ID: string) {
  return { uuid: uuidOf(url, ID), url, size, second: wholeSeconds(duration_ms) };
}

const VIDEO_FORMATS: Record<string, string> = { "video/mp4": "mp4", "video/quicktime": "mov" };

function video({ url, size, content_type, duration_ms, width, height }: Medium, ID: string) {
  return {
    ...{ videoUUID: uuidOf(url, ID), videoUrl: url, remoteVideoUrl: url },
    videoFormat: VIDEO_FORMATS[content_type] ?? content_type.replace("video/", ""),
    ...{ videoSecond: wholeSeconds(duration_ms), videoSize: size },
    // No picture is taken out of a film here; how large it is was said by who sent it.
    ...{ thumbUUID: "", thumbUrl: "", thumbSize: 0, thumbWidth: width, thumbHeight: height },
  };
}

function file({ url, name, size }: Medium, ID: string) {
  return { uuid: uuidOf(url, ID), fileUrl: url, fileName: name ?? fileOfUrl(url).name, fileSize: size };
}

/** A file's key; one that is elsewhere is called as its message. */
function uuidOf(url: string, ID: string): string {
  return fileOfUrl(url).key ?? ID;
}

/** However short it is, something that lasts is not shown as if it did not. */
function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}

/** How many of what is merged are told in a line each. */
const ABSTRACTS = 4;

function relay({ title, items }: z.infer<typeof Merged>) {
  const messageList = items.map(({ conversation_id, seq, sender, kind, body, created_at }) => {
    const ID = wireMessageID(conversation_id, seq);
    const { username, nickname, avatar } = sender;
    return {
      ...{ ID, from: username, nick: nickname, avatar, time: seconds(created_at), type: ELEMENTS[kind] },
      payload: kind === "tip" ? {} : contentOf(kind, body, ID),
    };
  });
  const abstractList = items.slice(0, ABSTRACTS).map(({ sender, kind, body }) => {
    const shown = messageForShow({ kind, body: JSON.stringify(body), revoked: false });
    return `${sender.nickname || sender.username}: ${shown}`;
  });
  return {
    ...{ title, abstractList, messageList, downloadKey: "", version: 1, layersOverLimit: false },
    compatibleText: RELAYED,
  };
}

const RELAYED = "[聊天记录]";
