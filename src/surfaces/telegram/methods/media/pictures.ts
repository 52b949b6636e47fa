import { z } from "zod";
import { deleteFile, storeFile } from "../../../../core/files/files.ts";
import { storedMedium } from "../../../../core/files/stored-media.ts";
import { editGroup } from "../../../../core/groups/groups.ts";
import type { MediaKind } from "../../../../domain/errors.ts";
import { FileKey } from "../../../../domain/ids.ts";
import { checked } from "../../../../http/fields.ts";
import { badRequest } from "../../errors.ts";
import { inWords } from "../../refusals.ts";
import { OnChat } from "../../schemas.ts";
import { groupOf, type Method, read, SENDING, sent } from "../method.ts";
import { ABOUT_FILE, contentWith, mediumOf } from "./files.ts";
import { kindOf, namedFile, type WithFiles, withFiles } from "./uploads.ts";

const Sent = z.object({ ...SENDING, ...ABOUT_FILE });

const Medium = z.object({
  ...{ file_id: z.string(), file_unique_id: z.string(), file_size: z.int().optional() },
  ...{ width: z.int().default(0), height: z.int().default(0), duration: z.int().default(0) },
});
type Medium = z.infer<typeof Medium>;
const Shown = z.looseObject({
  photo: z.tuple([Medium]).rest(z.unknown()).optional(),
  ...{ video: Medium.optional(), document: Medium.optional() },
});

/** How the answer shows what was sent: bots look for it where they have put it. */
const SHOWN: Record<string, (medium: Medium) => object> = {
  animation: (medium) => medium,
  video_note: ({ width, height: _, ...medium }) => ({ ...medium, length: width }),
  sticker: ({ duration: _, ...medium }) => ({
    ...{ ...medium, type: "regular", is_animated: false, is_video: false },
  }),
};

/** Sends a file as the picture or video that it is. @param otherwise the kind if the type is not known */
function sendsAsItIs(field: string, otherwise: MediaKind): Method {
  return async (call) => {
    const given = await withFiles(call);
    const input = checked(Sent, given.fields);
    const file = fileOf(given, field);
    const kind = await kindOf(call, file, otherwise);
    const content = contentWith(kind, await mediumOf(call, kind, file), input);
    const { photo, video, document, ...message } = Shown.parse(await sent(call, input, content));
    const medium = photo?.[0] ?? video ?? document;
    return { ...message, ...(medium && { [field]: SHOWN[field]?.(medium) }) };
  };
}

/** The file of a call, in the field that is for it. @throws `validation_failed` without one */
function fileOf(given: WithFiles, field: string): string {
  const named = z.string().safeParse(given.fields[field]).data || given.files.values().next().value;
  const file = given.files.get(field) ?? (named && namedFile(given, named));
  if (!file) throw badRequest(`there is no ${field} in the request`);
  return file;
}

/** The picture is stored for as long as the group shows it: nothing ends it by itself. */
const setChatPhoto: Method = async (call) => {
  const { core, bot } = call;
  const given = await withFiles(call, async (file) => {
    const { key } = await storeFile(core, bot.id, { ...file, size: undefined });
    return key;
  });
  const keys = z.array(FileKey).parse([...given.files.values()]);
  try {
    const { chat_id } = checked(OnChat, given.fields);
    const id = await groupOf(call, chat_id);
    const [key] = keys;
    if (key === undefined) throw badRequest("there is no photo in the request");
    const { url } = await storedMedium(core, "image", key);
    await inWords("photo", () => editGroup(core, bot.id, id, { avatar: url }));
    return true;
  } catch (error) {
    for (const key of keys) await deleteFile(core, bot.id, key);
    throw error;
  }
};

const deleteChatPhoto: Method = async (call) => {
  const { chat_id } = checked(OnChat, await read(call));
  const id = await groupOf(call, chat_id);
  await inWords("photo", () => editGroup(call.core, call.bot.id, id, { avatar: "" }));
  return true;
};

/** The methods with pictures and short videos. */
export const PICTURES = {
  sendAnimation: sendsAsItIs("animation", "video"),
  sendVideoNote: sendsAsItIs("video_note", "video"),
  sendSticker: sendsAsItIs("sticker", "image"),
  ...{ setChatPhoto, deleteChatPhoto },
} satisfies Record<string, Method>;
