import { expect } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { Message } from "../../../src/surfaces/v1/messages/message.ts";
import { call } from "../../support/clients/api.ts";
import {
  createGroup,
  deleteMessage,
  getConversation,
  listedConversation,
  openDirect,
  page,
  send,
} from "../../support/clients/chat.ts";
import type { Driver, ReadMessage } from "../../support/surfaces/driver.ts";

const Text = z.object({ text: z.string() });
const Found = z.object({ items: z.array(Message) });

/** The texts in these messages that were not revoked. */
function said(messages: z.infer<typeof Message>[]): ReadMessage[] {
  return messages
    .filter(({ kind, revoked }) => kind === "text" && !revoked)
    .map(({ seq, sender, body }) => ({ seq, by: sender.id, text: Text.parse(body).text }));
}

async function done(answer: ReturnType<typeof call>, status: number): Promise<unknown> {
  const { status: was, body } = await answer;
  expect(was, JSON.stringify(body)).toBe(status);
  return body;
}

/** Parley's own API has every call. */
export const v1: Required<Driver> = {
  name: "v1",
  open: async (who, peer) => ConversationId.parse((await openDirect(who, peer)).id),
  group: async (owner, members, name) => ConversationId.parse((await createGroup(owner, members, name)).id),
  send: async (who, id, text) => {
    await send(who, id, text);
  },
  history: async (who, id) => said((await page(who, id, "?limit=100")).items),
  search: async ({ token }, id, text) => {
    const path = `/v1/conversations/${id}/messages/search?q=${encodeURIComponent(text)}`;
    return said(Found.parse(await done(call("GET", path, { token }), 200)).items).reverse();
  },
  read: async ({ token }, id, seq) => {
    await done(call("PUT", `/v1/conversations/${id}/read`, { token, body: { seq } }), 200);
  },
  unread: async (who, id) => (await listedConversation(who, id)).unread_count,
  hide: async (who, id, seq) => {
    await done(deleteMessage(who, id, seq, "me"), 204);
  },
  revoke: async (who, id, seq) => {
    await done(deleteMessage(who, id, seq, "everyone"), 204);
  },
  setFlag: async ({ token }, id, flag, value) => {
    const path = `/v1/conversations/${id}/preferences`;
    await done(call("PUT", path, { token, body: { [flag]: value } }), 200);
  },
  flag: async (who, id, flag) => (await getConversation(who, id))[flag],
  clear: async ({ token }, id) => {
    await done(call("DELETE", `/v1/conversations/${id}`, { token }), 204);
  },
};
