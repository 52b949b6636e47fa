import { expect } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedIn } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { type WireAnswer, wire } from "../../support/clients/wire.ts";
import { at } from "../../support/objects/room.ts";
import type { Scene } from "../../support/surfaces/fixtures.ts";

export const KEY = "test-app-key";
/** What a client of the document sends as the current time. */
export const TIME = "1612696873000";

const Opened = z.object({ data: z.object({ conversationid: z.int(), match: z.array(z.string()) }) });
const Sent = z.object({ data: z.looseObject({ messagekey: z.string(), time: z.string() }) });
const Item = z.looseObject({ id: z.int(), messagekey: z.string(), type: z.int(), content: z.string() });
const Listed = z.object({ data: z.array(Item) });

/** A call as the document has it. */
export function appkey(
  user: SignedIn,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<WireAnswer> {
  const credentials = { "X-APP-Key": KEY, "X-APP-Session": user.token };
  return wire({ method, path, headers: { ...credentials, ...headers }, body });
}

export async function open(user: SignedIn, peer: SignedIn): Promise<number> {
  const body = { passiveuser: peer.user.id, time: TIME };
  return Opened.parse(success(await appkey(user, "POST", "/conversation", body))).data.conversationid;
}

export async function send(user: SignedIn, conversationid: number, content: string, type = -1) {
  const body = { conversationid, type, content, time: TIME };
  return Sent.parse(success(await appkey(user, "POST", "/message", body))).data;
}

export async function list(user: SignedIn, conversationid: number, query = "") {
  const answer = await appkey(user, "GET", `/message?conversationid=${conversationid}${query}`);
  return Listed.parse(success(answer)).data;
}

/** The body of an answer that succeeded. */
export function success({ status, body }: WireAnswer): unknown {
  expect({ status, body }).toMatchObject({ status: 200, body: { code: 0, msg: "成功" } });
  return body;
}

/** Asserts that a call failed as the document has it, or with another status. */
export function failure({ status, body }: WireAnswer, wanted = 200): void {
  expect({ status, body }).toEqual({
    status: wanted,
    body: { code: 1, msg: expect.stringMatching(/^不成功：.+/), data: null },
  });
}

/** The id behind `conversationid`. */
export function idOf(conversationid: number): ConversationId {
  return ConversationId.parse(-conversationid - 100_000_000);
}

/** Ann and Bob, who have written to each other, and a conversation of others. */
export async function scene(): Promise<Scene> {
  const everybody = await signedIn(4);
  const [ann, bob, cas, dan] = [at(everybody, 0), at(everybody, 1), at(everybody, 2), at(everybody, 3)];
  const conversation = await open(ann, bob);
  const sent = await send(bob, conversation, "hello");
  await list(ann, conversation);
  return {
    key: KEY,
    ...{ "ann.id": ann.user.id, "ann.digits": String(ann.user.id), "ann.token": ann.token },
    ...{ "bob.id": bob.user.id, "bob.digits": String(bob.user.id), "bob.username": bob.user.username },
    ...{ conversation, strangers: await open(cas, dan), bobs_key: sent.messagekey },
  };
}
