import type { Person } from "../../domain/accounts/person.ts";
import type { ServerKeyId } from "../../domain/server/server-key.ts";
import type { UserRef } from "../../domain/server/user-ref.ts";
import { randomHex } from "../../lib/random.ts";
import { findNamedUsers, insertNamedUsers, type NamedUser } from "../../storage/server/named-users.ts";
import type { Core } from "../context.ts";
import { usersChanged } from "./user-events.ts";

/** Gives the user whom a ref names; undefined: there is none. */
export type UserByRef = (ref: UserRef) => Person | undefined;

/** A username that tells nothing of the external id. */
export function madeUpUsername(): string {
  return `user_${randomHex().slice(0, 16)}`;
}

/**
 * The users whom a backend names, without deleted ones.
 * @param made of these refs, an external id that nobody has makes a user without a password
 * @param others further refs
 */
export async function usersByRef(
  core: Core,
  by: ServerKeyId,
  made: UserRef[],
  others: UserRef[] = [],
): Promise<UserByRef> {
  const known = new Map<string, Person>();
  const learn = ({ externalId, ...person }: NamedUser) => {
    known.set(keyOf(person), person);
    if (externalId !== null) known.set(keyOf({ externalId }), person);
  };
  for (const user of await findNamedUsers(core.db, [...made, ...others])) learn(user);
  const unknown = new Set(
    made.flatMap((ref) => ("externalId" in ref && !known.has(keyOf(ref)) ? [ref.externalId] : [])),
  );
  if (unknown.size > 0) {
    const list = [...unknown].map((externalId) => ({ externalId, username: madeUpUsername() }));
    const ids = await insertNamedUsers(core.db, list, Date.now());
    for (const id of ids) core.securityLog.record("registered", { user: id, by: null, serverKey: by });
    if (ids.length > 0) usersChanged(core);
    // Those whom another call has made meanwhile, too.
    for (const user of await findNamedUsers(core.db, list)) learn(user);
  }
  return (ref) => known.get(keyOf(ref));
}

function keyOf(ref: UserRef): string {
  return "id" in ref ? String(ref.id) : `ext:${ref.externalId}`;
}
