import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { storedInConversation } from "../clients/chat.ts";
import type { Values } from "./matching.ts";
import { playStory, type Sign, type Story } from "./stories.ts";

/** Plays stories of calls that change nothing with the same users, and asserts that nothing has changed. */
export function describeUnchanging(
  stories: [name: string, story: Story][],
  sign: Sign,
  createValues: () => Promise<Values>,
): void {
  describe("calls that change nothing", () => {
    let shared: Values;

    beforeAll(async () => {
      const last = await lastIds();
      shared = await createValues();
      const before = await storedSince(last);
      return async () => expect(await storedSince(last)).toEqual(before);
    });

    test.each(stories)("%s", (_, story) => playStory(story, sign, shared));
  });
}

const Last = z.object({ user: z.int(), conversation: z.int() });

/** The newest user and the newest conversation; 0 where there is none. */
async function lastIds(): Promise<z.infer<typeof Last>> {
  const id = (table: string) => `coalesce((SELECT max(id) FROM ${table}), 0)`;
  const row = await env.DB.prepare(
    `SELECT ${id("users")} AS user, ${id("conversations")} AS conversation`,
  ).first();
  return Last.parse(row);
}

const Ids = z.array(z.object({ id: z.int() }));
/** The state of a conversation that only calls change. */
const Stored = z.object({
  conversation: z.array(
    z.object({ name: z.string(), owner_id: z.int().nullable(), version: z.int(), rev: z.int() }),
  ),
  members: z.array(
    z.object({
      ...{ user_id: z.int(), role: z.string(), state: z.string(), read_seq: z.int(), muted_until: z.int() },
      ...{ name_card: z.string(), custom_fields: z.string(), cleared: z.int() },
    }),
  ),
  messages: z.array(z.unknown()),
  applications: z.array(z.unknown()),
  hidden: z.array(z.unknown()),
});

/** The stored state of users and conversations newer than `last`, without what follows a call later. */
async function storedSince(last: z.infer<typeof Last>): Promise<unknown> {
  const rows = async (query: string, after: number) =>
    (await env.DB.prepare(`${query} > ? ORDER BY 1, 2`).bind(after).all()).results;
  const conversations = Ids.parse(await rows("SELECT id, 0 FROM conversations WHERE id", last.conversation));
  const objects = conversations.map(async ({ id }) =>
    Stored.parse(JSON.parse(await storedInConversation(id))),
  );
  return {
    users: await rows("SELECT id, nickname, avatar FROM users WHERE id", last.user),
    blocks: await rows("SELECT user_id, blocked_id FROM blocks WHERE user_id", last.user),
    conversations,
    objects: await Promise.all(objects),
  };
}
