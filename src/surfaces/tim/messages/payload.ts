import { z } from "zod";
import { ConversationId, SenderId, Seq } from "../../../domain/ids.ts";
import { Kind } from "../../../domain/messages/content.ts";
import type { Message } from "../../../domain/messages/message.ts";
import { fileOfUrl } from "../../../http/file-url.ts";
import { ELEMENTS, type SerializeContext, seconds } from "../context.ts";
import { wireMessageID } from "../ids.ts";
import { messageForShow } from "./summary.ts";
import { systemMessagePayload } from "./system-message.ts";

/** The content of a message, and its id, which names a file that has no key. */
type PayloadSource = Pick<Message, "kind" | "body" | "systemMessage"> &
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
        id: SenderId,
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

/** The payload of a message that is not revoked. */
export function payloadOf(
  source: PayloadSource,
  { wireConversation, profiles }: Pick<SerializeContext, "wireConversation" | "profiles">,
): object {
  const body: unknown = JSON.parse(source.body);
  const ID = "ID" in source ? source.ID : wireMessageID(source.conversationId, source.seq);
  if (source.kind === "tip") return systemMessagePayload(source, wireConversation, profiles);
  return contentOf(source.kind, body, ID);
}

/** The payload of any kind but system messages. @param ID stands for the key of a file that has none */
export function contentOf(kind: Exclude<Kind, "tip">, body: unknown, ID: string): object {
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

/** The SDK's numbers of image formats; 255: any other. */
const FORMATS: Record<string, number> = { "image/jpeg": 1, "image/gif": 2, "image/png": 3, "image/bmp": 4 };
const OTHER_FORMAT = 255;

/** The SDK has three sizes of each image: original, list, screen. Here all three are the original. */
const SIZES = [
  { type: 0, sizeType: 1 },
  { type: 1, sizeType: 2 },
  { type: 2, sizeType: 3 },
] as const;

function image({ url, size, content_type, width, height }: Medium, ID: string) {
  const common = { size, width, height, url, imageUrl: url };
  return {
    uuid: uuidOf(url, ID),
    imageFormat: FORMATS[content_type] ?? OTHER_FORMAT,
    imageInfoArray: SIZES.map((imageSize) => ({ ...imageSize, ...common })),
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
    // The server makes no thumbnail. The sender supplied the size of the frame.
    ...{ thumbUUID: "", thumbUrl: "", thumbSize: 0, thumbWidth: width, thumbHeight: height },
  };
}

function file({ url, name, size }: Medium, ID: string) {
  return { uuid: uuidOf(url, ID), fileUrl: url, fileName: name ?? fileOfUrl(url).name, fileSize: size };
}

/** The key of a file; a file on another server gets the ID of its message. */
function uuidOf(url: string, ID: string): string {
  return fileOfUrl(url).key ?? ID;
}

/** Seconds, rounded up: a short recording is not shown as 0 s. */
function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}

/** The number of merged messages with a line in `abstractList`. */
const ABSTRACTS = 4;

function relay({ title, items }: z.infer<typeof Merged>) {
  const messageList = items.map(({ conversation_id, seq, sender, kind, body, created_at }) => {
    const ID = wireMessageID(conversation_id, seq);
    const { username, nickname, avatar } = sender;
    const [type, time] = [ELEMENTS[kind], seconds(created_at)];
    const payload = kind === "tip" ? {} : contentOf(kind, body, ID);
    return {
      ...{ ID, from: username, nick: nickname, avatar, time, clientTime: time, type, payload },
      // The SDK's form of an item, which its components read. Custom data is not merged.
      ...{ messageBody: [{ type, payload }], cloudCustomData: "" },
    };
  });
  const abstractList = items.slice(0, ABSTRACTS).map(({ sender, kind, body }) => {
    const summary = messageForShow({ kind, body: JSON.stringify(body), revoked: false });
    return `${sender.nickname || sender.username}: ${summary}`;
  });
  return {
    ...{ title, abstractList, messageList, downloadKey: "", version: 1, layersOverLimit: false },
    compatibleText: RELAYED,
  };
}

const RELAYED = "[聊天记录]";
