import { expect } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { type WireAnswer, wire } from "../../support/clients/wire.ts";
import type { Sign } from "../../support/surfaces/stories.ts";

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

/** Adds the key of the app, and the session, unless a call has headers of its own. */
export const withKey: Sign = (call, token) => ({
  ...call,
  headers: { "X-APP-Key": KEY, "X-APP-Session": token, ...call.headers },
});

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
