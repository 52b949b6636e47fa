import { kindOfType } from "../../../../core/files/media-type.ts";
import { type IncomingFile, storedMedium, storeMedium } from "../../../../core/files/stored-media.ts";
import type { MediaKind } from "../../../../domain/errors.ts";
import { FileKey } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import { countCost } from "../../../../http/access/rate-limit.ts";
import { type Fields, queryFields } from "../../../../http/fields.ts";
import { fileOfUrl } from "../../../../http/file-url.ts";
import { isForm } from "../../../../http/uploads/upload.ts";
import { readWithFiles } from "../../../../http/uploads/with-file.ts";
import { type BotCall, read } from "../method.ts";

/** The parameters of a call with any number of files, each of them stored: its id, by its field. */
export interface WithFiles {
  fields: Fields;
  files: ReadonlyMap<string, string>;
}

/** Stores a file. @returns its id */
type Store = (file: IncomingFile) => Promise<string>;

/** Reads a call, and stores its files. @param store absent: they expire unless a message shows them */
export async function withFiles(call: BotCall, store?: Store): Promise<WithFiles> {
  const { c, core, bot } = call;
  await countCost(c, bot.id, "page");
  if (!isForm(c.req.raw)) return { fields: await read(call), files: new Map() };
  const limits = { maxBytes: LIMITS.largeFileBytes, maxBytesBeside: LIMITS.writtenBytes };
  const expiring: Store = (file) =>
    storeMedium(core, bot.id, "file", file, ({ url }) => fileOfUrl(url).key ?? url);
  const { timing } = core;
  const { taken, fields } = await readWithFiles(c.req.raw, limits, timing.uploads, store ?? expiring);
  return { fields: { ...queryFields(c.req.raw), ...fields }, files: taken };
}

/** What `attach://` stands before: the field of a form. */
const ATTACHED = /^attach:\/\//;

/** The id or the address of a file that a call names: one of its form, or what it says itself. */
export function namedFile({ files }: WithFiles, given: string): string {
  return ATTACHED.test(given) ? (files.get(given.replace(ATTACHED, "")) ?? given) : given;
}

/** Types of files at an address, by the ending of its path. */
const TYPES: Readonly<Record<string, MediaKind>> = {
  ...{ gif: "image", png: "image", jpg: "image", jpeg: "image", webp: "image" },
  ...{ mp4: "video", webm: "video", mov: "video", tgs: "file" },
};

/** The kind of a file, by its type. @param given its id or its address */
export async function kindOf({ core }: BotCall, given: string, otherwise: MediaKind): Promise<MediaKind> {
  const key = FileKey.safeParse(given).data;
  if (key !== undefined) return kindOfType((await storedMedium(core, "file", key)).content_type);
  const [, ending = ""] = /\.([a-z0-9]{1,5})$/i.exec(URL.parse(given)?.pathname ?? "") ?? [];
  return TYPES[ending.toLowerCase()] ?? otherwise;
}
