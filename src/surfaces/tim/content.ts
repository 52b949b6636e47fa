import type { NewContent, NewDraft } from "../../core/drafts/drafts.ts";
import type { DraftInput, FileContent } from "../../core/drafts/file-drafts.ts";
import { invalid, MediaKind } from "../../domain/errors.ts";
import { bodyJson, Content } from "../../domain/messages/content.ts";
import { checked, type Fields } from "../../http/fields.ts";
import type { CallWithFile, ReceivedFile } from "../../http/uploads/with-file.ts";
import {
  Beside,
  Creation,
  Encoded,
  FormCreation,
  Forwarding,
  Mentioning,
  PAYLOADS,
  RECIPIENTS,
  Uploaded,
} from "./schemas/drafts.ts";

/** What a call of `createMessage` makes a message of. Throws `validation_failed`, for a file's call once it is through. */
export function readCreation(call: CallWithFile): DraftInput {
  const { file } = call;
  if (!file) return withoutFile(call.fields());
  return {
    bytes: file.bytes,
    mayBeLarge: file.form !== null,
    said: () => {
      const fields = call.fields();
      const creation = checked(file.form ? FormCreation : Creation, fields);
      return { made: madeOf(creation, fields), file: fileOf(file, creation) };
    },
  };
}

function withoutFile(fields: Fields): DraftInput {
  const creation = checked(Creation, fields);
  const made = madeOf(creation, fields);
  const kind = kindOf(creation);
  if (kind !== "any file" && !isMedia(kind)) return { made, content: contentOf(kind, creation) };
  const { url, type, duration, ...claims } = checked(Uploaded, creation).payload.file;
  const media = isMedia(kind) ? kind : undefined;
  return { made, file: { ...claims, key: url, kind: media, contentType: type, durationMs: duration } };
}

/** For whom it is, and what it says besides its payload. */
function madeOf(creation: Creation, fields: Fields): NewDraft {
  const { conversationType, priority, cloudCustomData } = creation;
  return {
    to: checked(RECIPIENTS[conversationType], { [conversationType]: fields.to }),
    mentions: checked(Mentioning, creation).payload.atUserList,
    priority,
    customData: cloudCustomData || undefined,
  };
}

type MadeKind = Creation["type"] & string;

/** What a payload is where no element is named: the first of these that it has. */
function kindOf({ type, payload }: Creation): MadeKind | "forward" | "any file" {
  if (type !== undefined) return type;
  const has = (name: string) => payload[name] !== undefined && payload[name] !== null;
  if (has("file")) return "any file";
  if (has("atUserList")) return "text";
  if (has("data") && has("index")) return "face";
  if (has("data") || has("description") || has("extension")) return "custom";
  return has("message") ? "forward" : "text";
}

const isMedia = (kind: string): kind is MediaKind => MediaKind.safeParse(kind).success;

function contentOf(kind: Exclude<MadeKind, MediaKind> | "forward", creation: Creation): NewContent {
  if (kind === "forward") return { source: checked(Forwarding, creation).payload.message };
  const { payload: body } = checked<{ payload: object }>(PAYLOADS[kind], creation);
  const content = Content.parse({ kind, body });
  return { kind, body: bodyJson(content) };
}

/** What is said of a file that comes in. */
function fileOf({ form }: ReceivedFile, creation: Creation): FileContent {
  const { type: kind } = creation;
  if (kind !== undefined && !isMedia(kind)) throw invalid("type", "must be an element with a file");
  if (!form) {
    const { type, duration, ...claims } = checked(Encoded, creation).payload.file;
    return { ...claims, kind, contentType: type, durationMs: duration };
  }
  const { file, ...payload } = checked(Beside, creation).payload;
  const { width, height, duration } = { ...payload, ...file };
  return { kind, ...form, width, height, durationMs: duration };
}
