import { z } from "zod";
import type { MediaKind } from "../../../../domain/errors.ts";
import { checked } from "../../../../http/fields.ts";
import { badRequest } from "../../errors.ts";
import { replyMarkup } from "../../keyboard.ts";
import { json, OnMessage } from "../../schemas.ts";
import { fileId } from "../../serialize/files.ts";
import { editCaptionOf } from "../messages.ts";
import { type BotCall, type Method, type Said, SENDING, sent } from "../method.ts";
import { ABOUT_FILE, contentWith, mediumOf } from "./files.ts";
import { kindOf, namedFile, type WithFiles, withFiles } from "./uploads.ts";

/** So many files of one call. */
const MAX = 10;

/** The kinds of what is sent; an animation is a picture or a video. */
const KINDS = {
  ...{ photo: "image", live_photo: "image", video: "video", audio: "audio", document: "file" },
  animation: null,
} as const satisfies Record<string, MediaKind | null>;
const Type = z.enum(["photo", "live_photo", "video", "audio", "document", "animation"]);

const Item = z.object({ type: Type, media: z.string(), ...ABOUT_FILE });
type Item = z.infer<typeof Item>;
const Album = z.object({ ...SENDING, media: json(z.array(Item)) });

/** Sends a message for each file. All of them are looked at before the first is sent. */
const sendMediaGroup: Method = async (call) => {
  const given = await withFiles(call);
  const { media, ...input } = checked(Album, given.fields);
  if (media.length === 0) throw badRequest("there are no messages to send");
  if (media.length > MAX) throw badRequest("too many messages to send as an album");
  const said: Said[] = [];
  for (const item of media) said.push(await saidBy(call, given, item));
  const messages: object[] = [];
  for (const one of said) {
    // The first one answers: the others belong to it.
    const isFirst = messages.length === 0;
    const plain = { ...input, reply_parameters: undefined, reply_to_message_id: undefined };
    messages.push(await sent(call, isFirst ? input : plain, one));
  }
  return messages;
};

async function saidBy(call: BotCall, given: WithFiles, item: Item): Promise<Said> {
  const file = namedFile(given, item.media);
  const kind = KINDS[item.type] ?? (await kindOf(call, file, "video"));
  return contentWith(kind, await mediumOf(call, kind, file), item);
}

const Edited = OnMessage.extend({ media: json(Item), reply_markup: replyMarkup });

/** Changes the caption. A message keeps its file: another one is refused. */
const editMessageMedia: Method = async (call) => {
  const given = await withFiles(call);
  const { media, ...input } = checked(Edited, given.fields);
  const { media: file, caption, parse_mode, caption_entities } = media;
  const isSame = (url: string) => file === url || file === fileId(url);
  return editCaptionOf(call, { ...input, caption, parse_mode, caption_entities }, isSame);
};

/** The methods with several files, or with one within JSON. */
export const ALBUMS = { sendMediaGroup, editMessageMedia } satisfies Record<string, Method>;
