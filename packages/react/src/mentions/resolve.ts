import { type Chat, type Message, type OutboxItem, Problem } from "parley-client";
import type { People } from "parley-client/people";
import type { Mentioned } from "../markup/names.ts";
import { contentOfItem, textOf } from "../message/content.ts";
import { type Mentions, mentionsIn, mentionsOfEdit, type Nameable, type Named, rolesIn } from "./mentions.ts";

/** What is refused for now is asked for again after this time, in ms. */
const PAUSE = 5_000;
const FOR_NOW: readonly string[] = ["no_answer", "rate_limited", "unavailable", "internal"];

/** The client, and who is in its groups. */
interface Has {
  readonly chat: Chat;
  readonly people: People;
}

/** Whom a text mentions that is on its way to a group. @param picked the members who were chosen for it */
export async function namedNow(
  account: Has,
  id: number,
  text: string,
  picked: readonly Mentioned[] = [],
): Promise<Named> {
  if (!text.includes("@")) return { mentions: [] };
  const members = await membersOf(account, id, text);
  const mentions = mentionsIn(text, members, picked);
  const { chat } = account;
  const entry = chat.state.conversation(id);
  const space = entry?.kind === "group" ? entry.space_id : undefined;
  // Where each of its words names somebody, none is left for a role.
  if (!space || (mentions !== "all" && mentions.length >= text.split("@").length - 1)) return { mentions };
  const { items: roles } = await chat.api.call("get", "/v1/spaces/{id}/roles", { path: { id: space } });
  const asked = rolesIn(text, { roles, here: true }, members, picked);
  const isOpen = ({ id: role, mentionable }: (typeof roles)[number]) =>
    mentionable || !asked.mention_roles?.includes(role);
  if (!asked.mention_here && roles.every(isOpen)) return { mentions, ...asked };
  // It is a word like others for who may not mention it.
  const { permissions } = await chat.api.call("get", "/v1/conversations/{id}/permissions", { path: { id } });
  if (permissions.includes("mention_all")) return { mentions, ...asked };
  const open = { roles: roles.filter(({ mentionable }) => mentionable), here: false };
  return { mentions, ...rolesIn(text, open, members, picked) };
}

/**
 * Whom a message mentions once it has another text. Empty: the same users.
 * @param id the conversation
 * @param picked the members who were chosen while it was written
 */
export async function editedMentions(
  account: Has,
  { id, mentions }: { id: number } & Pick<Message, "mentions">,
  texts: readonly [before: string, now: string],
  picked: readonly Mentioned[] = [],
): Promise<{ mentions?: Mentions }> {
  const isGroup = account.chat.state.conversation(id)?.kind === "group";
  if (!isGroup || !texts.some((text) => text.includes("@"))) return {};
  const members = await membersOf(account, id, texts.join("\n"));
  const now = mentionsOfEdit({ mentions }, texts, members, picked);
  return String(now) === String(mentions) ? {} : { mentions: now };
}

/** The users whom a message of the outbox mentions, without roles of a space. */
export async function resolveMentions(account: Has, item: OutboxItem): Promise<Mentions> {
  return (await resolveNamed(account, item)).mentions;
}

/** Finds out whom a message of the outbox mentions before it is sent. Without a connection it waits. */
export async function resolveNamed(account: Has, item: OutboxItem): Promise<Named> {
  const { conversation_id: id } = item;
  const text = textOf(contentOfItem(item));
  for (;;) {
    await live(account);
    try {
      return await namedNow(account, id, text);
    } catch (error) {
      // Who may not see the members may not write either, which the server says of the message.
      if (!(error instanceof Problem && FOR_NOW.includes(error.code))) return { mentions: [] };
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** A crowd, or a channel, is asked for who has so many names of a text. */
const MAX_NAMES = 20;
/** Words behind an `@`, without the punctuation behind them. */
const NAMES = /@([^\s@]{0,63}[\p{L}\p{N}])/gu;

/**
 * The members of a crowd, or the readers of a channel, whose names may stand in a text: up to 100 for each
 * word behind an `@`.
 */
async function membersNamed(
  { chat }: Has,
  id: number,
  text: string,
  path: "/v1/conversations/{id}/members" | "/v1/conversations/{id}/readers",
): Promise<readonly Nameable[]> {
  const words = new Set([...text.matchAll(NAMES)].map(([, word = ""]) => word));
  const pages = await Promise.all(
    [...words].slice(0, MAX_NAMES).map((q) =>
      firstFound(async (more) => {
        const query = { q, limit: 100, ...more };
        return await chat.api.call("get", path, { path: { id }, query });
      }),
    ),
  );
  const members = pages.flat();
  return [...new Map(members.map((member) => [member.user.id, member])).values()];
}

/** A call looks at 2,000 members: behind a page without anybody may be others. So many are asked for. */
const MAX_PAGES = 5;

/** The items of the first page that has some. A search may have empty pages before it. */
export async function firstFound(
  get: (more: { cursor?: string }) => Promise<{
    readonly items: readonly Nameable[];
    readonly next_cursor: string | null;
  }>,
): Promise<readonly Nameable[]> {
  let more: { cursor?: string } = {};
  for (let page = 1; ; page++) {
    const { items, next_cursor: cursor } = await get(more);
    if (items.length > 0 || !cursor || page === MAX_PAGES) return items;
    more = { cursor };
  }
}

/** Whom a text may name: all members of a group, as they are known or asked for now. */
async function membersOf(account: Has, id: number, text: string): Promise<readonly Nameable[]> {
  const { chat, people } = account;
  const entry = chat.state.conversation(id);
  if (entry?.kind === "group" && entry.space_id)
    return membersNamed(account, id, text, "/v1/conversations/{id}/readers");
  if (entry?.kind === "group" && entry.crowd)
    return membersNamed(account, id, text, "/v1/conversations/{id}/members");
  const known = people.members(id);
  if (known) return known;
  const members: Nameable[] = [];
  for (let cursor: string | null | undefined = undefined; cursor !== null; ) {
    const query: { limit: number; cursor?: string } = { limit: 100, ...(cursor && { cursor }) };
    const page = await chat.api.call("get", "/v1/conversations/{id}/members", { path: { id }, query });
    members.push(...page.items);
    cursor = page.next_cursor;
  }
  return members;
}

/** Resolves once there is a connection. */
function live({ chat }: Has): Promise<void> {
  return new Promise((resolve) => {
    if (chat.state.connection === "live") return resolve();
    const end = chat.subscribe(
      ({ connection }) => connection,
      (connection) => {
        if (connection !== "live") return;
        end();
        resolve();
      },
    );
  });
}
