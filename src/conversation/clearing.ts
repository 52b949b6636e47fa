import type { Log } from "./log.ts";
import type { Member, Members } from "./members.ts";

/**
 * Deletes a conversation for one member: his history begins behind the last message, up to which he
 * counts as having read, and it is out of his list until something comes. Twice changes nothing.
 * @returns whether anything has changed, and whether his read position was moved
 */
export function clear(
  storage: DurableObjectStorage,
  members: Members,
  member: Member,
  { seq, n }: Log["last"],
): { changed: boolean; moved: boolean } {
  if (member.cleared === 1 && member.visible_from >= seq) return { changed: false, moved: false };
  const moved = seq > member.read_seq;
  const read = moved ? { read_seq: seq, read_n: n, read_at: Date.now() } : {};
  store(storage, members, member, { ...read, visible_from: seq, cleared: 1 });
  return { changed: true, moved };
}

/** Brings it back into his list, without what was there. @returns whether anything has changed */
export function reopen(storage: DurableObjectStorage, members: Members, member: Member): boolean {
  if (member.cleared === 0) return false;
  store(storage, members, member, { cleared: 0 });
  return true;
}

type Fields = Partial<Pick<Member, "visible_from" | "read_seq" | "read_n" | "read_at" | "cleared">>;

/** A change of this member's own: storage, then memory. */
function store(storage: DurableObjectStorage, members: Members, member: Member, fields: Fields): void {
  const set = Object.keys(fields).map((column) => `${column} = ?`);
  const touched = storage.transactionSync(() => {
    const sql = `UPDATE members SET ${set.join(", ")} WHERE user_id = ?`;
    storage.sql.exec(sql, ...Object.values(fields), member.user_id);
    return members.storeTouched(member);
  });
  Object.assign(member, fields);
  members.applyTouched(member, touched);
}
