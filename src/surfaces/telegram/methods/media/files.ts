import { z } from "zod";
import {
  fileOf,
  type MediumFields,
  maxBytesOf,
  storedMedium,
  storeMedium,
} from "../../../../core/files/stored-media.ts";
import type { MediaKind } from "../../../../domain/errors.ts";
import { FileKey } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import { countCost } from "../../../../http/access/rate-limit.ts";
import { checked, type Fields, integer, queryFields } from "../../../../http/fields.ts";
import { isForm } from "../../../../http/uploads/upload.ts";
import { type FilePlace, readWithFile } from "../../../../http/uploads/with-file.ts";
import { badRequest } from "../../errors.ts";
import { CAPTION, orNone } from "../../schemas.ts";
import { pathOfFile, urlOfFileId } from "../../serialize/files.ts";
import { readText } from "../../text/read.ts";
import { contentOf } from "../messages.ts";
import { type BotCall, type Method, read, type Said, SENDING, sent } from "../method.ts";

const whole = orNone(integer.pipe(z.int().nonnegative()));

/** What a call says of a file: a caption, and what its bytes do not say. */
export const ABOUT_FILE = { ...CAPTION, duration: whole, width: whole, height: whole };
const AboutFile = z.object(ABOUT_FILE);
const Sent = z.object({ ...SENDING, ...ABOUT_FILE });
type Sent = z.infer<typeof Sent>;

/** A message with a file: from the form of the call, one that is stored here, or one that is elsewhere. */
function sends(field: string, kind: MediaKind): Method {
  return async (call) => {
    const { c, bot } = call;
    await countCost(c, bot.id, "page");
    const prepared = isForm(c.req.raw)
      ? await fromForm(call, field, kind)
      : await withoutFile(call, field, kind, await read(call));
    return named(field, await sent(call, prepared.input, prepared.content));
  };
}

/** A recording is `voice` or `audio` in the answer as it was in the call. */
function named(field: string, message: object): object {
  const { voice, audio, ...rest }: { voice?: unknown; audio?: unknown } = message;
  const recording = voice ?? audio;
  return recording === undefined ? message : { ...rest, [field]: recording };
}

interface Prepared {
  input: Sent;
  content: Said;
}

async function fromForm(call: BotCall, field: string, kind: MediaKind): Promise<Prepared> {
  const { c, core, bot } = call;
  const place: FilePlace = {
    ...{ fields: "named", path: [] },
    ...{ maxBytes: maxBytesOf(kind), maxBytesBeside: LIMITS.writtenBytes },
  };
  const { file, fields: inForm } = await readWithFile(c.req.raw, place, core.timing.uploads);
  const inQuery = queryFields(c.req.raw);
  const fields = () => ({ ...inQuery, ...inForm() });
  if (!file) return withoutFile(call, field, kind, fields());
  const { name, contentType } = file.form ?? { name: undefined, contentType: undefined };
  const incoming = { name, contentType, bytes: file.bytes };
  return storeMedium(core, bot.id, kind, incoming, (medium) => {
    const input = checked(Sent, fields());
    return { input, content: contentWith(kind, medium, input) };
  });
}

async function withoutFile(call: BotCall, field: string, kind: MediaKind, fields: Fields): Promise<Prepared> {
  const input = checked(Sent, fields);
  const given = z.string().safeParse(fields[field]);
  if (!given.success || given.data === "") throw badRequest(`there is no ${field} in the request`);
  return { input, content: contentWith(kind, await mediumOf(call, kind, given.data), input) };
}

/** A file by its id or its address. @throws `validation_failed`, `not_found` */
export async function mediumOf(
  { core }: BotCall,
  kind: MediaKind,
  given: string,
): Promise<MediumFields | { url: string }> {
  const key = FileKey.safeParse(given);
  if (key.success) return storedMedium(core, kind, key.data);
  const url = urlOfFileId(given) ?? given;
  if (/^https?:\/\//i.test(url)) return { url };
  throw badRequest("wrong file identifier/HTTP URL specified");
}

/** What a message with a file says. @throws `validation_failed` */
export function contentWith(
  kind: MediaKind,
  medium: MediumFields | { url: string },
  input: z.infer<typeof AboutFile>,
): Said {
  const { caption = "", parse_mode, caption_entities, duration, width, height } = input;
  const { text, meant } = readText(caption, parse_mode, caption_entities);
  const body = {
    ...(kind === "video" && width && height ? { width, height } : {}),
    ...medium,
    ...((kind === "video" || kind === "audio") &&
      duration !== undefined && { duration_ms: duration * 1_000 }),
    ...(text !== "" && { caption: text }),
  };
  return { ...contentOf({ kind, body }), meant };
}

const Asked = z.object({ file_id: z.string() });

const getFile: Method = async (call) => {
  const { file_id } = checked(Asked, await read(call));
  const key = FileKey.safeParse(file_id);
  const file = key.success ? await fileOf(call.core, key.data) : null;
  if (!file) throw badRequest("wrong file_id or the file is temporarily unavailable");
  const { key: id, size } = file;
  return { file_id: id, file_unique_id: id, file_size: size, file_path: pathOfFile(file) };
};

/** The methods with files. */
export const FILES = {
  sendPhoto: sends("photo", "image"),
  sendDocument: sends("document", "file"),
  sendVoice: sends("voice", "audio"),
  sendAudio: sends("audio", "audio"),
  sendVideo: sends("video", "video"),
  getFile,
} satisfies Record<string, Method>;
