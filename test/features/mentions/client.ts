import { expect } from "vitest";
import { z } from "zod";
import { call } from "../../support/clients/api.ts";
import type { Caller } from "../../support/clients/chat.ts";
import { StrictMessage } from "../../support/clients/shapes.ts";

const StrictMentions = z.strictObject({
  items: z.array(z.strictObject({ conversation_id: z.int(), unread: z.boolean(), message: StrictMessage })),
  next_cursor: z.string().nullable(),
  unreachable: z.array(z.int()),
});

/** A mention as tests compare it: its conversation, its seq, whether it is unread. */
export type Place = [conversation: number, seq: number, unread: boolean];

/** A page of mentions. */
export async function mentions({ token }: Caller, query = ""): Promise<z.infer<typeof StrictMentions>> {
  const answer = await call("GET", `/v1/mentions${query}`, { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return StrictMentions.parse(answer.body);
}

/** All mentions, read in pages of `limit`. */
export async function allMentions(caller: Caller, limit = 100): Promise<Place[]> {
  const places: Place[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page = await mentions(caller, `?limit=${limit}${cursor && `&cursor=${cursor}`}`);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    expect(page.unreachable).toEqual([]);
    for (const { conversation_id, unread, message } of page.items) {
      expect(message.conversation_id).toBe(conversation_id);
      places.push([conversation_id, message.seq, unread]);
    }
    cursor = page.next_cursor;
  }
  return places;
}
