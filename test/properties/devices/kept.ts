import { expect } from "vitest";
import { z } from "zod";
import { ConversationList } from "../../../src/surfaces/v1/conversations/conversations.ts";
import { Message } from "../../../src/surfaces/v1/messages/message.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { displayedMessage } from "../../support/clients/displayed.ts";
import type { Room } from "./room.ts";
import type { Of } from "./steps.ts";

const Entry = z.object({ conversation_id: z.int(), seq: z.int(), message: Message.nullable() });
const Saved = z.object({ items: z.array(Entry), next_cursor: z.string().nullable() });

/** A user saves a message for themselves, or ends that. */
export async function save(room: Room, who: SignedIn, { back, isOn }: Of<"save">): Promise<void> {
  const seq = room.model.back(back);
  if (seq < 1) return;
  const path = `/messages/${seq}/saved`;
  const { status, body } = await room.call(who, isOn ? "PUT" : "DELETE", path, isOn ? {} : undefined);
  expect(isOn ? [200, 400, 404] : [204, 404], JSON.stringify(body)).toContain(status);
}

/** A user writes a composer draft, or discards it. */
export async function compose(room: Room, who: SignedIn, { isOn }: Of<"compose">): Promise<void> {
  const text = isOn ? room.text() : undefined;
  room.model.composers.wrote(who.user.id, text);
  const { status, body } = await room.call(who, isOn ? "PUT" : "DELETE", "/draft", text && { text });
  expect([200, 204, 404], JSON.stringify(body)).toContain(status);
}

/** Asserts that what a user has saved is shown as they see it now, in conversations of theirs. */
export async function checkSaved(rooms: readonly Room[], { token, user }: SignedIn): Promise<void> {
  for (let cursor: string | null = ""; cursor !== null; ) {
    const path: string = `/v1/saved?limit=100${cursor && `&cursor=${cursor}`}`;
    const page = Saved.parse((await call("GET", path, { token })).body);
    for (const { conversation_id, seq, message } of page.items) {
      const model = rooms.find(({ model }) => model.id === conversation_id)?.model;
      const shown = model?.view(user.id, true).find((one) => one.seq === seq);
      expect(message && displayedMessage(message), `what ${user.id} has saved`).toEqual(shown);
    }
    cursor = page.next_cursor;
  }
}

/** Takes in what a user is writing, as their list and their archive have it. */
export async function learnDrafts(rooms: readonly Room[], { token, user }: SignedIn): Promise<void> {
  const drafts = new Map<number, string>();
  for (const archived of [false, true]) {
    const { body } = await call("GET", `/v1/conversations?limit=100&archived=${archived}`, { token });
    for (const { id, draft } of ConversationList.parse(body).items) if (draft) drafts.set(id, draft.text);
  }
  for (const { model } of rooms) if (model.row(user.id)) model.composers.learn(user.id, drafts.get(model.id));
}
