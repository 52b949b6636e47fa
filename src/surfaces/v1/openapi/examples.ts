import { isPart, nameOf } from "./normalize.ts";

const NOW = 1_795_162_625_763;
const RULES = [{ id: "spam", match: { words: ["casino"] }, action: "refuse" }];
const KEY = "0f9b2c6d4e8a41738b5c1d2e3f405162";

const HOOK_URL = "https://backend.example.com/parley";

/**
 * Values of fields in examples: what a reader takes for real, and what fits the schema. `Shape.field` is of
 * the field of one shape. A field that is not listed has the least value of its type.
 */
const VALUES: Record<string, unknown> = {
  ...{ "User.id": 100_001, "Sender.id": 100_001, "Session.id": KEY, "Upload.id": KEY, id: 7 },
  ...{ "Me.id": 100_000, "Me.username": "ann", "Me.nickname": "Ann", "ProfileChange.nickname": "Ann" },
  ...{ "DirectConversation.name": "Ben", "DirectConversation.member_count": 2, "File.name": "cat.png" },
  ...{ "Upload.name": "cat.png", "Upload.part_count": 1, "Upload.file": null, "UploadPart.part": 1 },
  ...{ "ServerKey.id": "4f1c09a2b7de", "CreatedServerKey.id": "4f1c09a2b7de", scopes: ["users", "tokens"] },
  ...{ "ServerKey.name": "backend", "CreatedServerKey.name": "backend", "NewServerKey.name": "backend" },
  ...{ external_id: "u-1001", last_seen_on: "2026-11-26", metadata: { plan: "pro" } },
  ...{ "ServerUser.id": 100_001, "ServerUserResult.id": 100_001, "ServerUser.suspension": null },
  ...{ "Hook.id": "hk_4f1c09a2b7de0011", "CreatedHook.id": "hk_4f1c09a2b7de0011" },
  ...{ "IncomingHook.id": "4f2-9b1c0e7d5a3f4826", "IncomingHookWithUrl.id": "4f2-9b1c0e7d5a3f4826" },
  ...{ "IncomingHook.name": "Builds", "IncomingHookWithUrl.name": "Builds" },
  ...{
    "Hook.url": HOOK_URL,
    "NewHook.url": HOOK_URL,
    "CreatedHook.url": HOOK_URL,
    "HookChange.url": HOOK_URL,
  },
  ...{ secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=", "HookTest.status": 204 },
  "FailedDeliveries.items": [
    {
      ...{ id: "evt_c7_s42", type: "message.created", conversation_id: 7, tries: 2, status: 503 },
      ...{ error: "The answer had status 503.", failed_at: NOW, next_at: NOW + 30_000 },
    },
  ],
  "CreatedServerKey.key": `psk_4f1c09a2b7de_${KEY}${KEY}`,
  "SignedIn.user": { id: 100_000, username: "ann", nickname: "", avatar: "", online: false },
  "MessagePreview.body": { text: "hello" },
  endpoint: "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABn",
  p256dh: "BDVImIl3kghH3wl5o9JTEnf1CjCIgFwtlsJcMsAaS1rTAfYMkhMMK4BDn2GocHUo-3xinm0rwwtnft7XHYY49P8",
  auth: "8o5qerb0MPlEwtqlt8UCta",
  "DeviceReadyFrame.due_reminders": 0,
  ...{ "ThreadReadFrame.root": 41, "ThreadSummary.count": 3, "ThreadSummary.last_at": NOW },
  ...{ "Member.role": "member", "Member.muted_until": 0 },
  ...{ "PasswordChange.current": "correct horse battery", next: "staple battery horse" },
  ...{ conversation_id: 7, user_id: 100_001, actor_id: 100_000, owner_id: 100_000, sender_id: 100_001 },
  ...{
    "ModerationRuleList.items": RULES,
    "ModerationRulesInput.items": RULES,
    "ModerationRulesTrial.items": RULES,
  },
  ...{ "ModerationRulesVerdict.rules": ["spam"], "HeldMessage.rules": ["spam"] },
  ...{ "HeldMessage.kind": "text", "HeldMessage.body": { text: "hello" } },
  ...{ "OwnHeldMessage.kind": "text", "OwnHeldMessage.body": { text: "hello" } },
  "AuditEntry.by": { user_id: 100_000, key_id: null },
  ...{ banned_by: 100_000, by: 100_000, user_ids: [100_001], member_ids: [100_001, 100_002] },
  ...{ seq: 42, quote_seq: 41, last_seq: 42, read_seq: 42, after: 40, rev: 3 },
  ...{ member_count: 3, online_count: 2, repaired: 12, muted_for_s: 600, size: 48_213 },
  ...{ username: "ben", nickname: "Ben", name_card: "Ben, goalkeeper", name: "Friday football" },
  ...{ email: "ann@example.org", birthday: "1990-05-17", location: "Munich", language: "en" },
  ...{ avatar: "", introduction: "Every Friday at six", announcement: "This week at seven" },
  ...{ password: "correct horse battery", session_id: KEY, key: KEY },
  token: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMDAwMDAifQ.c2lnbmF0dXJl",
  url: `https://chat.example.org/files/${KEY}/cat.png`,
  sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
  ...{ content_type: "image/png", user_agent: "Mozilla/5.0 (X11; Linux x86_64)" },
  ...{ text: "hello", title: "Chat history", preview: "hello", mentions: [] },
  ...{ latitude: 48.137, longitude: 11.575, index: "smile", data: "smile", description: "a smile" },
  ...{ "Reaction.key": "👍", "Reaction.count": 2, "Reaction.user_ids": [100_001, 100_002], mine: ["👍"] },
  ...{ "PollBody.question": "Tea or coffee?", "PollBody.options": ["tea", "coffee"] },
  ...{ "PollTally.counts": [2, 1], "PollTally.voters": 3, "NewVotes.options": [0], votes: [0] },
  commands: [{ command: "weather", description: "The weather of a place", arguments: "<place>" }],
  "PassingFrame.id": "passing-4f1c09a2-b7de-4011-8a3f-48264f1c09a2",
  ...{ "PassingFrame.body": { text: "hello" }, stream: "s1" },
  "OfferedCommand.command": "weather",
  "OfferedCommand.description": "The weather of a place",
  ...{ message: "Ben here, from work", client_msg_id: "m1", online: true },
  ...{ created_at: NOW, updated_at: NOW, joined_at: NOW, last_seen_at: NOW, read_at: NOW },
  ...{ saved_at: NOW, note: "answer this", remind_at: NOW + 3_600_000, due_reminders: 1 },
  // A time that is in the future whenever somebody tries the example does not exist.
  "SavedChange.remind_at": null,
  "SavedMessage.message": {
    ...{ conversation_id: 7, seq: 42, kind: "text", body: { text: "hello" }, mentions: [], revoked: false },
    sender: { id: 100_001, username: "ben", nickname: "Ben", avatar: "" },
    ...{ rev: 0, version: 1, pinned_at: 0, reactions: [], mine: [], created_at: NOW },
  },
  expires_at: NOW + 30 * 24 * 3_600_000,
  ...{ searched_to: NOW, "WideSearchPage.next_before": "1x7ikuo-mwo8bq2j.7.16-1-" },
  ...{ openapi: "3.1.0", asyncapi: "3.0.0" },
};

/** The schemas of a document, by name. */
type Shapes = Record<string, unknown>;

/**
 * An example of a shape, made of its required fields and of those that have an example of their own; of all
 * fields if none is required.
 * @param shapes what `$ref` refers to
 * @param place of the shape: its name, and the field that it is the value of
 */
export function exampleOf(
  shape: unknown,
  shapes: Shapes,
  place: { shape?: string; field?: string } = {},
): unknown {
  if (!isPart(shape)) return null;
  const own = VALUES[`${place.shape}.${place.field}`];
  if (own !== undefined) return own;
  const name = nameOf(shape);
  if (name !== undefined) return exampleOf(shapes[name], shapes, { shape: name });
  if (shape.const !== undefined) return shape.const;
  if (Array.isArray(shape.enum)) return shape.enum[0];
  const value = VALUES[place.field ?? ""] ?? shape.example;
  if (value !== undefined) return value;
  if (Array.isArray(shape.oneOf)) return exampleOf(shape.oneOf[0], shapes, place);
  if (Array.isArray(shape.allOf)) {
    return Object.assign({}, ...shape.allOf.map((part) => exampleOf(part, shapes, place)));
  }
  if (shape.type === "array") return [exampleOf(shape.items, shapes)];
  if (isPart(shape.properties)) return ofFields(shape, shape.properties, shapes, place.shape);
  if (shape.type === "integer" || shape.type === "number") return shape.minimum ?? 0;
  if (shape.type === "boolean") return false;
  if (shape.type === "string") return "";
  return Array.isArray(shape.type) && shape.type.includes("null") ? null : {};
}

function ofFields(shape: Shapes, fields: Shapes, shapes: Shapes, name?: string): object {
  const required = Array.isArray(shape.required) ? shape.required : Object.keys(fields);
  const shown = Object.entries(fields).filter(
    ([field, inner]) => required.includes(field) || (isPart(inner) && inner.example !== undefined),
  );
  return Object.fromEntries(
    shown.map(([field, inner]) => [
      field,
      exampleOf(inner, shapes, { ...(name !== undefined && { shape: name }), field }),
    ]),
  );
}

/** The shapes that a shape may have, by name: the parts of unions, and the parts of those. */
function alternatives(shape: unknown, shapes: Shapes): [name: string, shape: unknown][] {
  const name = isPart(shape) ? nameOf(shape) : undefined;
  if (name === undefined) return [];
  const inner = shapes[name];
  if (!isPart(inner) || !Array.isArray(inner.oneOf)) return [[name, shape]];
  return inner.oneOf.flatMap((part) => alternatives(part, shapes));
}

/**
 * Gives the JSON bodies of an operation examples: a request one for each shape that it may have, an answer
 * one. In place.
 * @param shapes what `$ref` refers to
 */
export function addExamples(
  { requestBody, responses = {} }: { requestBody?: unknown; responses?: Record<string, unknown> },
  shapes: Shapes,
): void {
  const request = jsonOf(requestBody);
  if (request) {
    const all = alternatives(request.schema, shapes);
    const examples = all.map(([name, shape]) => [name, { value: exampleOf(shape, shapes) }]);
    if (all.length > 1) request.examples = Object.fromEntries(examples);
    else request.example = exampleOf(request.schema, shapes);
  }
  for (const [status, response] of Object.entries(responses)) {
    const answer = Number(status) < 300 ? jsonOf(response) : undefined;
    if (answer) answer.example = exampleOf(answer.schema, shapes);
  }
}

/** The JSON of a request or a response. */
function jsonOf(body: unknown): Record<string, unknown> | undefined {
  if (!isPart(body) || !isPart(body.content)) return undefined;
  const json = body.content["application/json"];
  return isPart(json) ? json : undefined;
}
