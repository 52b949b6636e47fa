import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { z } from "zod";
import { type Answer, call, PASSWORD, type SignedIn } from "../clients/api.ts";
import { storedInConversation, storedInInbox } from "../clients/chat.ts";
import { runInboxJobs } from "./sessions.ts";

/** Deletes the caller's account. */
export function deleteAccount({ token }: { token: string }, password: unknown = PASSWORD): Promise<Answer> {
  return call("DELETE", "/v1/me", { token, body: { password } });
}

/** The wire form of a user whose account is deleted. */
export function deletedUser({ user }: { user: { id: number } }) {
  return { id: user.id, username: `deleted-${user.id}`, nickname: "", avatar: "" };
}

const Tables = z.array(z.object({ name: z.string() }));

/**
 * Every row of every table of D1, except the tables that keep the names of deleted accounts and their keys.
 * @returns the rows as JSON
 */
async function storedInD1(): Promise<string> {
  const query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '[_sd]*_*'";
  const { results } = await env.DB.prepare(query).all();
  const names = [...Tables.parse(results).map(({ name }) => name), "password_attempts", "friend_requests"];
  const expected = names.filter((name) => name !== "former_usernames" && name !== "username_keys");
  const rows = await Promise.all(expected.map((name) => env.DB.prepare(`SELECT * FROM "${name}"`).all()));
  return JSON.stringify(rows.map((row) => row.results));
}

/**
 * Dumps the storage of these conversations, of these users' inboxes, and of D1.
 * @returns one text, to search for leftovers
 */
export async function storedAnywhere(conversations: number[], users: SignedIn[]): Promise<string> {
  const parts = [
    ...conversations.map((id) => storedInConversation(id)),
    ...users.map((user) => storedInInbox(user)),
    storedInD1(),
  ];
  return (await Promise.all(parts)).join("\n");
}

/** Runs the inbox's outstanding jobs of an account deletion. @returns the number of jobs */
export function runAccountDeletion(user: SignedIn): Promise<number> {
  return runInboxJobs(user, ["deletion_lookup", "leave", "erase", "kick"]);
}

const Membership = z.array(z.object({ conversation_id: z.int(), state: z.string() }));

/** A user's memberships in D1. @returns state by conversation id */
export async function membershipsInD1({ user }: SignedIn): Promise<Record<number, string>> {
  const query = "SELECT conversation_id, state FROM memberships WHERE user_id = ?";
  const { results } = await env.DB.prepare(query).bind(user.id).all();
  return Object.fromEntries(
    Membership.parse(results).map(({ conversation_id, state }) => [conversation_id, state]),
  );
}

/** Runs the outstanding D1 projection of a conversation. @returns whether any was outstanding */
export async function runProjection(id: number): Promise<boolean> {
  const stub = env.CONVERSATION.getByName(String(id));
  const jobs = await runInDurableObject(stub, async (_, { storage }) => {
    await storage.setAlarm(Date.now() + 60_000);
    const query = "UPDATE jobs SET due = 1 WHERE kind = 'projection' RETURNING kind";
    return storage.sql.exec(query).toArray().length;
  });
  if (jobs > 0) await runDurableObjectAlarm(stub);
  return jobs > 0;
}
