import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { ConversationCode, ConversationId } from "../../../src/domain/ids.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { type WireAnswer, wire } from "../../support/clients/wire.ts";
import type { Sign } from "../../support/surfaces/stories.ts";

const Target = z.strictObject({
  id: z.string(),
  username: z.string(),
  online: z.boolean(),
  avatar: z.string(),
});
const CHAT = {
  code: ConversationCode,
  last_read_time: z.int(),
  latest_msg_time: z.int(),
  unread_count: z.int(),
  target_info: Target,
};
const Chat = z.strictObject(CHAT);
const Detail = z.strictObject({
  ...CHAT,
  is_friend: z.boolean(),
  is_blocked: z.boolean(),
  is_target_blocked: z.boolean(),
});
const Listed = z.strictObject({
  items: z.array(Chat),
  meta: z.strictObject({ page: z.int(), page_total: z.int(), page_size: z.int(), total: z.int() }),
  sort: z.strictObject({ id: z.literal(1) }),
});
const Success = z.strictObject({ code: z.literal(0), message: z.literal("操作成功"), data: z.unknown() });

/** A call as most libraries make it: parameters of a GET in the query, those of a POST as JSON. */
export function kook(
  user: SignedIn,
  call: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<WireAnswer> {
  const [method = "", path = ""] = call.split(" ");
  const credentials = { Authorization: `Bot ${user.token}`, ...headers };
  return wire({ method, path: `/api/v3/user-chat/${path}`, headers: credentials, body });
}

/** The same for each call of the API, by its whole path. */
export function api(user: { token: string }, call: string, body?: unknown): Promise<WireAnswer> {
  const [method = "", path = ""] = call.split(" ");
  return wire({ method, path: `/api/v3/${path}`, headers: { Authorization: `Bot ${user.token}` }, body });
}

/** Makes a call that succeeds. @returns the data */
export async function called(user: { token: string }, call: string, body?: unknown): Promise<unknown> {
  return success(await api(user, call, body));
}

/** Asserts that a call was refused for a parameter. */
export function refused(answer: WireAnswer, name: string): void {
  failure(answer, 40_000, expect.stringContaining(name));
}

/** Adds the token in the document's form. */
export const asBot: Sign = (call, token) => ({
  ...call,
  headers: { Authorization: `Bot ${token}`, ...call.headers },
});

/** Asserts success. @returns the data */
export function success({ status, body }: WireAnswer): unknown {
  expect({ status, body }).toMatchObject({ status: 200, body: { code: 0 } });
  return Success.parse(body).data;
}

/** Asserts that a call failed with this code. It is the status too, unless it has five digits. */
export function failure({ status, body }: WireAnswer, code = 40_000, message: unknown = expect.any(String)) {
  const data = code === 401 ? { name: "Unauthorized", status: 401 } : {};
  expect({ status, body }).toEqual({ status: code < 1_000 ? code : 200, body: { code, message, data } });
}

export async function create(user: SignedIn, peer: SignedIn): Promise<z.infer<typeof Detail>> {
  return Detail.parse(success(await kook(user, "POST create", { target_id: String(peer.user.id) })));
}

export async function view(user: SignedIn, code: string): Promise<z.infer<typeof Detail>> {
  return Detail.parse(success(await kook(user, `GET view?chat_code=${code}`)));
}

export async function list(user: SignedIn, query = ""): Promise<z.infer<typeof Listed>> {
  return Listed.parse(success(await kook(user, `GET list${query}`)));
}

export async function remove(user: SignedIn, code: string): Promise<void> {
  expect(success(await kook(user, "POST delete", { chat_code: code }))).toEqual({});
}

const Id = z.object({ id: ConversationId });

/** The id of a conversation by its code; no call returns it. */
export async function idOf(code: string): Promise<ConversationId> {
  return Id.parse(await env.DB.prepare("SELECT id FROM conversations WHERE code = ?").bind(code).first()).id;
}
