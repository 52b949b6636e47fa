import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { z } from "zod";
import type { SignedIn } from "../clients/api.ts";
import type { TestSocket } from "../clients/socket.ts";
import { inboxObject, runInboxJob } from "../objects/room.ts";
import { done } from "./friends.ts";

const Presence = z.strictObject({ type: z.literal("presence"), user_id: z.int(), online: z.boolean() });

/** What a device was told of who is online, in order: `<user id> online`, `<user id> offline`. */
export function presences(socket: TestSocket): string[] {
  return socket
    .of("presence")
    .map((frame) => Presence.parse(frame))
    .map(({ user_id, online }) => `${user_id} ${online ? "online" : "offline"}`);
}

/** Resolves once a device was told, as the last of somebody, that he is online or is not. */
export async function hears(socket: TestSocket, { user }: SignedIn, state: "online" | "offline") {
  const line = `${user.id} ${state}`;
  await socket.until(() => presences(socket).findLast((one) => one.startsWith(`${user.id} `)) === line);
}

const Stored = z.object({ online: z.int(), jobs: z.string() });

/** What an inbox knows of its user's presence: what all know, and the jobs that stand for a change. */
function stored({ user }: SignedIn): Promise<z.infer<typeof Stored>> {
  return runInDurableObject(inboxObject(user.id), (_, { storage }) =>
    Stored.parse(
      storage.sql
        .exec(
          `SELECT (SELECT online FROM presence) AS online,
             (SELECT coalesce(group_concat(kind), '') FROM jobs WHERE kind IN ('online', 'offline')) AS jobs`,
        )
        .one(),
    ),
  );
}

/** Resolves once a user's contacts were told that he is online or is not, and nothing is left to be told. */
export async function settled(who: SignedIn, state: "online" | "offline"): Promise<void> {
  const holds = ({ online, jobs }: z.infer<typeof Stored>) =>
    jobs === "" && online === (state === "online" ? 1 : 0);
  while (!holds(await stored(who))) await turn();
}

/** The job that stands for a change which is to be told, `online` or `offline`; "" for none. */
export async function pending(who: SignedIn): Promise<string> {
  return (await stored(who)).jobs;
}

/** How far off the job of a change is, in ms. */
export function dueIn({ user }: SignedIn): Promise<number> {
  return runInDurableObject(inboxObject(user.id), (_, { storage }) => {
    const query = "SELECT due FROM jobs WHERE kind IN ('online', 'offline')";
    return storage.sql.exec<{ due: number }>(query).one().due - Date.now();
  });
}

/** Resolves once a user's inbox has noticed that his last socket is closed: the grace has begun. */
export async function leaving(who: SignedIn): Promise<void> {
  while ((await pending(who)) !== "offline") await turn();
}

/** The grace is over at once, or is over by itself by now. */
export async function graceOver(who: SignedIn): Promise<void> {
  for (;;) {
    const { online, jobs } = await stored(who);
    if (online === 0 && jobs === "") return;
    if (jobs === "offline") break;
    await turn();
  }
  await runInboxJob(who, "offline");
}

/** Whether D1, and so every list, has a user online. */
export async function isOnlineInD1({ user }: SignedIn): Promise<boolean> {
  const row = await env.DB.prepare("SELECT online FROM users WHERE id = ?").bind(user.id).first("online");
  return row === 1;
}

/** Closes a socket and waits until it is closed. */
export async function close(socket: TestSocket): Promise<void> {
  socket.close();
  await socket.closed();
}

/** Resolves once a device has what was sent to it before: somebody asks for friendship, and takes it back. */
export async function caughtUp(socket: TestSocket, who: SignedIn, marker: SignedIn): Promise<void> {
  const marks = () => socket.of("friend").filter(({ user_id }) => user_id === marker.user.id).length;
  const before = marks();
  await done("PUT friends", marker, who);
  await done("DELETE friends", marker, who);
  await socket.until(() => marks() === before + 2);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
