import type { Buttons } from "../bots/buttons.ts";
import { CoreError, excess, invalid } from "../errors.ts";
import { fileKeysIn } from "../files/file-keys.ts";
import { LIMITS } from "../limits.ts";
import type { MetadataJson } from "../server/metadata.ts";
import { exceedsBytes } from "../text.ts";
import { type BodyJson, Content, type Kind, StoredBody } from "./content.ts";
import type { Mentions, Message } from "./message.ts";

/** What a message is to say. All but its custom data is its sender's to change. */
export interface MessageEdit {
  /** the whole new body, as the sender's client sent it: `editedBody` checks it; absent: as it is */
  body?: BodyJson;
  /** absent: as they are */
  mentions?: Mentions;
  /** with a body: the version that the sender has seen */
  baseVersion?: number;
  /** absent: as it is. It has no versions */
  metadata?: MetadataJson;
  /** null: none; absent: as they are. They have no versions */
  buttons?: Buttons | null;
  /** absent: as it is. Any member may change it who may write */
  custom?: {
    data: string;
    /** see `baseVersion`: the message's `customVersion` */
    baseVersion: number;
  };
}

/** What came of an edit. `conflict`: the message has another version, and stays as it is. */
export interface EditOutcome {
  type: "edited" | "unchanged" | "conflict";
  /** as it is now */
  message: Message;
}

/** A message as it was before an edit. */
export interface FormerVersion {
  version: number;
  body: BodyJson;
  mentions: Mentions;
  /** when the message became so (ms since 1970); of version 1, when it was sent */
  editedAt: number;
}

const MEDIA_TEXTS = ["name", "caption"];

/** The fields of a body that an edit may change, by kind. A kind that is missing cannot be edited. */
const EDITABLE: Partial<Record<Kind, readonly string[]>> = {
  text: ["text"],
  image: MEDIA_TEXTS,
  audio: [...MEDIA_TEXTS, "transcript"],
  video: MEDIA_TEXTS,
  file: MEDIA_TEXTS,
  custom: ["data", "description", "extension"],
};

/** Whether messages of this kind can be edited. */
export function isEditable(kind: Kind): boolean {
  return EDITABLE[kind] !== undefined;
}

/**
 * The body of a message after an edit.
 * @param stored the body as it is stored
 * @param given the whole new body
 * @returns `stored` itself if both say the same
 * @throws `validation_failed` if a send would be refused with this body, and if a field differs that no edit
 *   changes
 */
export function editedBody(kind: Kind, stored: BodyJson, given: BodyJson): BodyJson {
  const before = StoredBody.parse(JSON.parse(stored));
  const raw = StoredBody.parse(JSON.parse(given));
  const editable = EDITABLE[kind] ?? [];
  const parsed = Content.safeParse({ kind, body: raw });
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => ({
      path: ["body", ...path.map(String)].join("."),
      message,
    }));
    throw new CoreError("validation_failed", "Some inputs are not valid; `errors` names them.", { errors });
  }
  const after: Record<string, unknown> = parsed.data.body;
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (editable.includes(field) || isSame(before[field], raw[field])) continue;
    if (!isSameFile(before[field], raw[field]))
      throw invalid(`body.body.${field}`, "must stay as it is: send it with the others, unchanged");
  }
  if (editable.every((field) => isSame(before[field], after[field]))) return stored;
  const kept = Object.entries(before).filter(([field]) => !editable.includes(field));
  const changed = Object.entries(after).filter(([field]) => editable.includes(field));
  const json = JSON.stringify(Object.fromEntries([...kept, ...changed]));
  if (exceedsBytes(json, LIMITS.bodyBytes)) throw excess("body.body", LIMITS.bodyBytes);
  return json;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether both are URLs of the same file: clients are shown it with another host than the stored one. */
function isSameFile(one: unknown, other: unknown): boolean {
  if (typeof one !== "string" || typeof other !== "string") return false;
  const [key, ...more] = fileKeysIn(one);
  const [otherKey, ...others] = fileKeysIn(other);
  return key !== undefined && key === otherKey && more.length === 0 && others.length === 0;
}
