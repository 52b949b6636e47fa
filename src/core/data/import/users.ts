import { NewUsername, ProfileFields } from "../../../domain/accounts/user.ts";
import type { ImportOutcome } from "../../../domain/data/portable-message.ts";
import type { UserRecord } from "../../../domain/data/records.ts";
import type { UserId } from "../../../domain/ids.ts";
import { lookAlikeKeys } from "../../../domain/names/look-alike.ts";
import { looksDeleted } from "../../../domain/names/names.ts";
import type { ExternalId } from "../../../domain/server/user-ref.ts";
import {
  findTakenNames,
  insertDeletedUsers,
  insertImportedUsers,
  insertRelations,
} from "../../../storage/data/imported-users.ts";
import { madeUpUsername } from "../../server/named-users.ts";
import { usersChanged } from "../../server/user-events.ts";
import type { ImportReport } from "./import-report.ts";
import { fileRef } from "./known.ts";
import type { ImportRun, Line } from "./run.ts";

/** Makes users, with their friendships and blocks. Who is there stays as they are. */
export async function importUsers(run: ImportRun, lines: Line<UserRecord>[]): Promise<void> {
  const { core, known, report } = run;
  const named = lines.map(({ record }) => record.external_id);
  const others = lines.flatMap(({ record }) => [...record.friends, ...record.blocked]);
  await known.learnUsers([...named, ...others]);
  const seen = new Set<ExternalId>();
  const made = lines.filter(({ line, record: { external_id: id } }) => {
    const isNew = !known.users.has(id) && !seen.has(id);
    seen.add(id);
    if (!isNew) report.note("user", { line, externalId: id }, { result: "unchanged" });
    return isNew;
  });
  if (made.length === 0) return;
  const now = Date.now();
  const living = made.filter(({ record }) => !record.deleted);
  const left = await insertUsers(run, living, now);
  // Another call has taken a name meanwhile: a made-up one is free.
  if (left.length > 0)
    await insertUsers(
      run,
      left.map(({ line, record }) => ({ line, record: { ...record, username: undefined } })),
      now,
    );
  const deleted = made.flatMap(({ record }) =>
    record.deleted
      ? [
          {
            externalId: record.external_id,
            username: madeUpUsername(),
            createdAt: record.created_at ?? now,
          },
        ]
      : [],
  );
  if (deleted.length > 0) await insertDeletedUsers(core.db, deleted, now);
  usersChanged(core);
  await known.learnUsers(made.map(({ record }) => record.external_id));
  for (const { line, record } of made) {
    const isThere = known.users.has(record.external_id);
    const outcome: ImportOutcome = isThere
      ? { result: "imported" }
      : { result: "left_out", reason: "Others make users at the same moment: send it again." };
    report.note("user", { line, externalId: record.external_id }, outcome);
  }
  await relate(run, made, now);
}

/** @returns those who were not made, as others have taken the id or the name */
async function insertUsers(
  run: ImportRun,
  lines: Line<UserRecord>[],
  now: number,
): Promise<Line<UserRecord>[]> {
  const { db, securityLog } = run.core;
  const wished = new Map<Line<UserRecord>, string>();
  for (const line of lines) {
    const name = NewUsername.safeParse(line.record.username);
    if (name.success && !looksDeleted(name.data)) wished.set(line, name.data);
  }
  const taken = wished.size > 0 ? await findTakenNames(db, [...wished.values()]) : new Set<string>();
  // Of two in one file that look alike the first gets the name.
  const used = new Set<string>();
  const list = lines.map((line) => {
    const name = wished.get(line);
    if (name === undefined || taken.has(name)) return newUser(run.report, line, madeUpUsername(), now);
    const keys = lookAlikeKeys(name);
    const isFree = !keys.some((key) => used.has(key));
    if (isFree) for (const key of keys) used.add(key);
    return newUser(run.report, line, isFree ? name : madeUpUsername(), now);
  });
  const made = new Set(
    (await insertImportedUsers(db, list)).map(({ id, externalId }) => {
      securityLog.record("registered", { user: id, by: null, serverKey: run.by });
      return externalId;
    }),
  );
  return lines.filter(({ record }) => !made.has(record.external_id));
}

function newUser(
  report: ImportReport,
  { line, record }: Line<UserRecord>,
  username: string,
  now: number,
): Parameters<typeof insertImportedUsers>[1][number] {
  const { external_id: externalId, metadata, bot } = record;
  const notes: string[] = [];
  const field = (name: "nickname" | "email" | "avatar"): string => {
    const value = name === "avatar" && fileRef(record.avatar) !== null ? "" : record[name];
    const parsed = ProfileFields.shape[name].safeParse(value);
    if (!parsed.success) notes.push(`its ${name} cannot be had here`);
    return parsed.success ? parsed.data : "";
  };
  const user = {
    ...{ externalId, username, metadata, bot, createdAt: record.created_at ?? now },
    profile: profileOf(record),
    suspension: record.suspension ?? null,
    ...{ nickname: field("nickname"), email: field("email"), avatar: field("avatar") },
  };
  if (record.username !== undefined && record.username !== username)
    notes.push(`its username is taken, looks like another one, or cannot be had: it is ${username}`);
  if (notes.length > 0)
    report.leaveOut({ line, type: "user", externalId, reason: `stored, but ${notes.join("; ")}` });
  return user;
}

/** Friendships and blocks of users who were just made: no conversation knows of others. */
async function relate({ core, known }: ImportRun, made: Line<UserRecord>[], now: number): Promise<void> {
  const pairs = (of: "friends" | "blocked") =>
    made.flatMap(({ record }): [UserId, UserId][] => {
      const user = known.users.get(record.external_id);
      if (!user?.person) return [];
      return record[of].flatMap((ref): [UserId, UserId][] => {
        const other = known.users.get(ref);
        return other?.person && other.id !== user.id ? [[user.id, other.id]] : [];
      });
    });
  const [friends, blocked] = [pairs("friends"), pairs("blocked")];
  if (friends.length > 0 || blocked.length > 0) await insertRelations(core.db, friends, blocked, now);
}

function profileOf({ profile = {} }: UserRecord) {
  const {
    friend_policy: friendPolicy,
    who_may_write: whoMayWrite,
    who_may_add: whoMayAdd,
    ...texts
  } = profile;
  return {
    ...texts,
    ...(friendPolicy && { friendPolicy }),
    ...(whoMayWrite && { whoMayWrite }),
    ...(whoMayAdd && { whoMayAdd }),
  };
}
