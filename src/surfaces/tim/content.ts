import type { NewContent, NewDraft } from "../../core/drafts/drafts.ts";
import type { DraftInput, FileContent } from "../../core/drafts/file-drafts.ts";
import { invalid, MediaKind } from "../../domain/errors.ts";
import { bodyJson, Content } from "../../domain/messages/content.ts";
import { checked, type Fields } from "../../http/fields.ts";
import type { CallWithFile, ReceivedFile } from "../../http/uploads/with-file.ts";
import {
  Creation,
  EncodedFilePayload,
  FormCreation,
  FormFilePayload,
  ForwardPayload,
  MentionPayload,
  PAYLOADS,
  RECIPIENTS,
  UploadedFilePayload,
} from "./schemas/drafts.ts";

/**
 * The input of a draft, from a call of `createMessage`.
 * @throws `validation_failed`; for a call with a file only after the file was read
 */
export function readCreation(call: CallWithFile): DraftInput {
  const { file } = call;
  if (!file) return fromFields(call.fields());
  return {
    bytes: file.bytes,
    mayBeLarge: file.form !== null,
    readInputs: () => {
      const fields = call.fields();
      const creation = checked(file.form ? FormCreation : Creation, fields);
      return { newDraft: newDraftOf(creation, fields), file: fileOf(file, creation) };
    },
  };
}

function fromFields(fields: Fields): DraftInput {
  const creation = checked(Creation, fields);
  const newDraft = newDraftOf(creation, fields);
  const kind = kindOf(creation);
  if (kind !== "any file" && !isMedia(kind)) return { newDraft, content: contentOf(kind, creation) };
  const { url, type, duration, ...claims } = checked(UploadedFilePayload, creation).payload.file;
  const media = isMedia(kind) ? kind : undefined;
  return { newDraft, file: { ...claims, key: url, kind: media, contentType: type, durationMs: duration } };
}

/** The recipient of a draft, and its fields besides the payload. */
function newDraftOf(creation: Creation, fields: Fields): NewDraft {
  const { conversationType, priority, cloudCustomData } = creation;
  return {
    to: checked(RECIPIENTS[conversationType], { [conversationType]: fields.to }),
    mentions: checked(MentionPayload, creation).payload.atUserList,
    priority,
    customData: cloudCustomData || undefined,
  };
}

type CreatedKind = Creation["type"] & string;

/** The kind of a payload: the named element, else guessed by the fields of the payload. */
function kindOf({ type, payload }: Creation): CreatedKind | "forward" | "any file" {
  if (type !== undefined) return type;
  const has = (name: string) => payload[name] !== undefined && payload[name] !== null;
  if (has("file")) return "any file";
  if (has("atUserList")) return "text";
  if (has("data") && has("index")) return "face";
  if (has("data") || has("description") || has("extension")) return "custom";
  return has("message") ? "forward" : "text";
}

const isMedia = (kind: string): kind is MediaKind => MediaKind.safeParse(kind).success;

function contentOf(kind: Exclude<CreatedKind, MediaKind> | "forward", creation: Creation): NewContent {
  if (kind === "forward") return { source: checked(ForwardPayload, creation).payload.message };
  const { payload: body } = checked<{ payload: object }>(PAYLOADS[kind], creation);
  const content = Content.parse({ kind, body });
  return { kind, body: bodyJson(content) };
}

/** The client's description of a file that is being received. */
function fileOf({ form }: ReceivedFile, creation: Creation): FileContent {
  const { type: kind } = creation;
  if (kind !== undefined && !isMedia(kind)) throw invalid("type", "must be an element with a file");
  if (!form) {
    const { type, duration, ...claims } = checked(EncodedFilePayload, creation).payload.file;
    return { ...claims, kind, contentType: type, durationMs: duration };
  }
  const { file, ...payload } = checked(FormFilePayload, creation).payload;
  const { width, height, duration } = { ...payload, ...file };
  return { kind, ...form, width, height, durationMs: duration };
}
