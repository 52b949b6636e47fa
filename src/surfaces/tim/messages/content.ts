import { z } from "zod";
import { invalid, MediaKind } from "../../../domain/errors.ts";
import { type BodyJson, bodyJson, Content, type Kind } from "../../../domain/messages/content.ts";
import type { DraftContent } from "../../../domain/messages/draft.ts";
import { checked, type Fields } from "../../../http/fields.ts";
import type { CallWithFile, ReceivedFile } from "../../../http/uploads/with-file.ts";
import type { DraftChange, NewContent, NewDraft } from "../use-cases/drafts.ts";
import type { DraftInput, FileContent } from "../use-cases/file-drafts.ts";
import {
  Creation,
  Edits,
  EncodedFilePayload,
  FILE_EDITS,
  FormCreation,
  FormFilePayload,
  ForwardPayload,
  GivenID,
  MentionPayload,
  MergerPayload,
  PAYLOADS,
  Quoting,
  RECIPIENTS,
  ToType,
  UploadedFilePayload,
} from "./new-message.ts";
import { contentOf } from "./payload.ts";

/**
 * The input of a draft, from a call of `createMessage`.
 * @throws `validation_failed`; for a call with a file only after the file was read
 */
export function readCreation(call: CallWithFile): DraftInput {
  const { file } = call;
  if (!file) return fromFields(folded(call.fields()));
  return {
    bytes: file.bytes,
    mayBeLarge: file.form !== null,
    readInputs: () => {
      const fields = folded(call.fields());
      const creation = checked(file.form ? FormCreation : Creation, fields);
      return { newDraft: newDraftOf(creation, fields), file: fileOf(file, creation) };
    },
  };
}

/**
 * The same for a message that is created and sent in one call, under the id that the client gives it.
 * @throws as `readCreation`
 */
export function readOnce(call: CallWithFile): DraftInput {
  const input = readCreation(call);
  const withID = (newDraft: NewDraft): NewDraft => ({ ...newDraft, id: checked(GivenID, call.fields()).ID });
  if (!("readInputs" in input)) return { ...input, newDraft: withID(input.newDraft) };
  const readInputs = () => {
    const { newDraft, file } = input.readInputs();
    return { newDraft: withID(newDraft), file };
  };
  return { ...input, readInputs };
}

/** A field of a form that is a field of the payload: `payload.text`, `payload[text]`, `payload[list][]`. */
const PAYLOAD_FIELD = /^payload(?:\.(\w+)|\[(\w+)\])(\[\])?$/;

/** The fields of a form, with a payload that is divided into several of them put together. */
function folded(fields: Fields): Fields {
  if (fields.payload !== undefined) return fields;
  const inner = Object.entries(fields).flatMap(([key, value]): [string, unknown][] => {
    const [match, dotted, bracketed, list] = PAYLOAD_FIELD.exec(key) ?? [];
    if (match === undefined) return [];
    return [[dotted ?? bracketed ?? "", list ? [value].flat() : value]];
  });
  return inner.length === 0 ? fields : { ...fields, payload: Object.fromEntries(inner) };
}

function fromFields(fields: Fields): DraftInput {
  const creation = checked(Creation, fields);
  const newDraft = newDraftOf(creation, fields);
  const kind = kindOf(creation);
  if (kind !== "any file" && !isMedia(kind)) return { newDraft, content: newContentOf(kind, creation) };
  const { url, type, duration, ...claims } = checked(UploadedFilePayload, creation).payload.file;
  const media = isMedia(kind) ? kind : undefined;
  return { newDraft, file: { ...claims, key: url, kind: media, contentType: type, durationMs: duration } };
}

/** The recipient of a draft, and its fields besides the payload. */
function newDraftOf(creation: Creation, fields: Fields): NewDraft {
  const { conversationType, priority, cloudCustomData } = creation;
  return {
    to: checked(RECIPIENTS[conversationType], { [conversationType]: fields.to }),
    mentions: checked(MentionPayload, creation).payload.atUserList ?? { all: false, names: [] },
    priority,
    customData: cloudCustomData || undefined,
    quote: checked(Quoting, fields),
  };
}

/**
 * What the client has changed of a created message before it sends it: the payload, the mentions, the
 * priority, the custom data and the quote. Of a file only its name, duration and measures; of a forward not
 * the payload. The other fields are ignored, but for the recipient: a message never goes to another one than
 * the client says.
 * @param message the created message as the client sends it; absent fields are unchanged
 * @throws `validation_failed`, also for another recipient
 */
export function readChange(message: Fields, draft: DraftContent): DraftChange {
  requireRecipient(message, draft);
  const { priority, cloudCustomData, payload, atUserList } = checked(Edits, message);
  const { said } = draft;
  const mentions = payload && checked(MentionPayload, { payload }).payload.atUserList;
  const body = payload && "kind" in said ? changedBody(said.kind, said.body, payload) : undefined;
  const named = mentions ?? atUserList;
  const quote = checked(Quoting, message);
  return {
    ...(body !== undefined && { body }),
    ...(named && { mentions: named }),
    ...(message.priority !== undefined && { priority }),
    ...(cloudCustomData !== undefined && { customData: cloudCustomData }),
    ...(quote && { quote }),
  };
}

function requireRecipient({ conversationType: stated, to: name }: Fields, { to }: DraftContent): void {
  const type =
    stated === undefined ? to.type : checked(ToType, { conversationType: stated }).conversationType;
  const isSame =
    type === to.type &&
    (name === undefined ||
      JSON.stringify(checked(RECIPIENTS[type], { [type]: name })) === JSON.stringify(to));
  if (!isSame) throw invalid("to", "is that of the created message and cannot be changed: create another");
}

/** The body of a message after the payload that the client sends; undefined: it cannot be changed. */
export function changedBody(kind: Kind, body: BodyJson, payload: Fields): BodyJson | undefined {
  if (kind === "tip" || kind === "merged") return undefined;
  if (!isMedia(kind)) return ownBody(kind, { payload });
  const stored = JsonObject.parse(JSON.parse(body));
  // What equals the payload of the created message is not a change: seconds are rounded there.
  const shown = contentOf(kind, stored, "");
  const edited = Object.entries(payload).filter(([key, value]) => Reflect.get(shown, key) !== value);
  const values = checked(FILE_EDITS[kind], { payload: Object.fromEntries(edited) }).payload;
  const changes = Object.entries(values).filter(([, value]) => value !== undefined);
  return bodyJson(Content.parse({ kind, body: { ...stored, ...Object.fromEntries(changes) } }));
}

const JsonObject = z.record(z.string(), z.unknown());

type CreatedKind = Creation["type"] & string;

/** The kind of a payload: the named element, else guessed by the fields of the payload. */
function kindOf({ type, payload }: Creation): CreatedKind | "forward" | "any file" {
  if (type !== undefined) return type;
  const has = (name: string) => payload[name] !== undefined && payload[name] !== null;
  if (has("file")) return "any file";
  if (has("atUserList")) return "text";
  if (has("data") && has("index")) return "face";
  if (has("data") || has("description") || has("extension")) return "custom";
  if (has("messageList")) return "merged";
  return has("message") ? "forward" : "text";
}

const isMedia = (kind: string): kind is MediaKind => MediaKind.safeParse(kind).success;

function newContentOf(kind: Exclude<CreatedKind, MediaKind> | "forward", creation: Creation): NewContent {
  if (kind === "forward") return { source: checked(ForwardPayload, creation).payload.message };
  if (kind === "merged") {
    const { title, messageList: items } = checked(MergerPayload, creation).payload;
    return { merged: { title, items } };
  }
  return { kind, body: ownBody(kind, creation) };
}

/** The body of a message without a file. */
function ownBody(kind: keyof typeof PAYLOADS, creation: { payload: Fields }): BodyJson {
  const { payload: body } = checked<{ payload: object }>(PAYLOADS[kind], creation);
  return bodyJson(Content.parse({ kind, body }));
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
