import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { z } from "zod";
import type { SignedIn } from "../clients/api.ts";
import type { TestSocket } from "../clients/socket.ts";
import { nextTurn, until } from "../event-loop.ts";
import { inboxObject, runInboxJob } from "../objects/room.ts";
import { expectFriendCall } from "./friends.ts";

const Presence = z.strictObject({ type: z.literal("presence"), user_id: z.int(), online: z.boolean() });

/** The presence events that a device received, in order: `<user id> online`, `<user id> offline`. */
export function presenceEvents(socket: TestSocket): string[] {
  return socket
    .of("presence")
    .map((frame) => Presence.parse(frame))
    .map(({ user_id, online }) => `${user_id} ${online ? "online" : "offline"}`);
}

/** Resolves once the last presence event about a user, on this device, has this state. */
export async function untilPresence(socket: TestSocket, { user }: SignedIn, state: "online" | "offline") {
  const line = `${user.id} ${state}`;
  await socket.until(() => presenceEvents(socket).findLast((one) => one.startsWith(`${user.id} `)) === line);
}

const Stored = z.object({ online: z.int(), jobs: z.string() });

/** The stored presence of a user: the state that all contacts know, and the kinds of the outstanding jobs. */
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

/** Resolves once all contacts know a user's state, and no presence job is left. */
export async function untilPresenceSettled(who: SignedIn, state: "online" | "offline"): Promise<void> {
  const holds = ({ online, jobs }: z.infer<typeof Stored>) =>
    jobs === "" && online === (state === "online" ? 1 : 0);
  await until(async () => holds(await stored(who)), "the presence that a test waits for");
}

/** The kind of the outstanding presence job, `online` or `offline`; "" without one. */
export async function pendingPresenceJob(who: SignedIn): Promise<string> {
  return (await stored(who)).jobs;
}

/** The time until the outstanding presence job is due, in ms. */
export function presenceJobDueIn({ user }: SignedIn): Promise<number> {
  return runInDurableObject(inboxObject(user.id), (_, { storage }) => {
    const query = "SELECT due FROM jobs WHERE kind IN ('online', 'offline')";
    return storage.sql.exec<{ due: number }>(query).one().due - Date.now();
  });
}

/** Resolves once a user's inbox has noticed that their last socket is closed: the grace period has begun. */
export async function untilGraceStarted(who: SignedIn): Promise<void> {
  await until(
    async () => (await pendingPresenceJob(who)) === "offline",
    "`offline` alone is to be delivered",
  );
}

/** Ends the grace period at once, unless it has ended by itself. */
export async function endGrace(who: SignedIn): Promise<void> {
  for (;;) {
    const { online, jobs } = await stored(who);
    if (online === 0 && jobs === "") return;
    if (jobs === "offline") break;
    await nextTurn();
  }
  await runInboxJob(who, "offline");
}

/** Whether D1, and so every list, shows a user as online. */
export async function isOnlineInD1({ user }: SignedIn): Promise<boolean> {
  const row = await env.DB.prepare("SELECT online FROM users WHERE id = ?").bind(user.id).first("online");
  return row === 1;
}

/** Closes a socket, and resolves once it is closed. */
export async function closeSocket(socket: TestSocket): Promise<void> {
  socket.close();
  await socket.closed();
}

/**
 * Resolves once a device has received all that was sent to it before: `marker` requests friendship and
 * withdraws the request, and the device waits for both events.
 */
export async function untilCaughtUp(socket: TestSocket, who: SignedIn, marker: SignedIn): Promise<void> {
  const marks = () => socket.of("friend").filter(({ user_id }) => user_id === marker.user.id).length;
  const before = marks();
  await expectFriendCall("PUT friends", marker, who);
  await expectFriendCall("DELETE friends", marker, who);
  await socket.until(() => marks() === before + 2);
}
