import { expect } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { type WireAnswer, wire } from "../../support/clients/wire.ts";
import { itemAt } from "../../support/objects/room.ts";
import type { FixtureValues } from "../../support/surfaces/fixtures.ts";

export const KEY = "test-key-of-an-app";
/** The current time in the form that clients send. */
export const TIME = "1612696873000";

const Opened = z.object({ data: z.object({ conversationid: z.int(), match: z.array(z.string()) }) });
const Sent = z.object({ data: z.looseObject({ messagekey: z.string(), time: z.string() }) });
const Item = z.looseObject({ id: z.int(), messagekey: z.string(), type: z.int(), content: z.string() });
const Listed = z.object({ data: z.array(Item) });

/** A call in the document's form. */
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

/** Asserts success. @returns the body */
export function success({ status, body }: WireAnswer): unknown {
  expect({ status, body }).toMatchObject({ status: 200, body: { code: 0, msg: "成功" } });
  return body;
}

/** Asserts that a call failed in the document's form, or with another status. */
export function failure({ status, body }: WireAnswer, expected = 200): void {
  expect({ status, body }).toEqual({
    status: expected,
    body: { code: 1, msg: expect.stringMatching(/^不成功：.+/), data: null },
  });
}

/** The conversation id behind a `conversationid`. */
export function idOf(conversationid: number): ConversationId {
  return ConversationId.parse(-conversationid - 100_000_000);
}

/** The `conversationid` of a conversation. */
export const wireIdOf = (id: number): number => -id - 100_000_000;

/** Ann and Bob with messages of both, and a conversation of others. */
export async function createFixtureValues(): Promise<FixtureValues> {
  const everybody = await signedInUsers(4);
  const [ann, bob, cas, dan] = [
    itemAt(everybody, 0),
    itemAt(everybody, 1),
    itemAt(everybody, 2),
    itemAt(everybody, 3),
  ];
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
