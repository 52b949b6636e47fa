import { expect } from "vitest";
import { z } from "zod";
import { type Answer, call } from "../../support/clients/api.ts";
import type { Caller } from "../../support/clients/chat.ts";
import { StrictMessage } from "../../support/clients/shapes.ts";

const StrictSaved = z.strictObject({
  conversation_id: z.int(),
  seq: z.int(),
  note: z.string(),
  remind_at: z.int().nullable(),
  due: z.boolean(),
  saved_at: z.int(),
  message: StrictMessage.nullable(),
  unreachable: z.boolean(),
});
type StrictSaved = z.infer<typeof StrictSaved>;

const StrictSavedPage = z.strictObject({
  items: z.array(StrictSaved),
  next_cursor: z.string().nullable(),
});

/** What a test says of a saved message: a note, a reminder. */
export interface Reminder {
  note?: unknown;
  remind_at?: unknown;
}

const pathOf = (id: number, seq: number) => `/v1/conversations/${id}/messages/${seq}/saved`;

/** Asks to save a message. */
export function askToSave({ token }: Caller, id: number, seq: number, body: Reminder = {}): Promise<Answer> {
  return call("PUT", pathOf(id, seq), { token, body });
}

/** Saves a message, or changes what was saved of it. @returns the entry */
export async function save(
  caller: Caller,
  id: number,
  seq: number,
  body: Reminder = {},
): Promise<StrictSaved> {
  const answer = await askToSave(caller, id, seq, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return StrictSaved.parse(answer.body);
}

/** Ends what was saved of a message. */
export async function unsave({ token }: Caller, id: number, seq: number): Promise<void> {
  const answer = await call("DELETE", pathOf(id, seq), { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(204);
}

/** A page of the saved messages. */
export async function saved({ token }: Caller, query = ""): Promise<z.infer<typeof StrictSavedPage>> {
  const answer = await call("GET", `/v1/saved${query}`, { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return StrictSavedPage.parse(answer.body);
}

/** The places of all saved messages, read in pages of `limit`, newest first. */
export async function savedPlaces(caller: Caller, limit = 100): Promise<[number, number][]> {
  const places: [number, number][] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page = await saved(caller, `?limit=${limit}${cursor && `&cursor=${cursor}`}`);
    places.push(...page.items.map(({ conversation_id, seq }): [number, number] => [conversation_id, seq]));
    cursor = page.next_cursor;
  }
  return places;
}
