import type { Person } from "../../domain/accounts/person.ts";
import { NewUsername, ProfileFields } from "../../domain/accounts/user.ts";
import type {
  ImportOutcome,
  PortableMember,
  PortableMessage,
  PortableRead,
} from "../../domain/data/portable-message.ts";
import type {
  ConversationFields,
  ExportRecord,
  FileRecord,
  MemberRecord,
  MessageRecord,
  ReadRecord,
  UserRecord,
} from "../../domain/data/records.ts";
import { attempt, CoreError } from "../../domain/errors.ts";
import { ContentType, FileName } from "../../domain/files/file.ts";
import { fileUrl } from "../../domain/files/file-origins.ts";
import { ConversationCode, type ConversationId, FileKey, Handle, type UserId } from "../../domain/ids.ts";
import { lookAlikeKeys } from "../../domain/names/look-alike.ts";
import { GroupName, looksDeleted } from "../../domain/names/names.ts";
import { writeMetadata } from "../../domain/server/metadata.ts";
import type { ServerKeyId } from "../../domain/server/server-key.ts";
import { ExternalId } from "../../domain/server/user-ref.ts";
import { nextTurn } from "../../lib/next-turn.ts";
import { randomHex } from "../../lib/random.ts";
import {
  findImportedConversations,
  findImportedFiles,
  findImportedUsers,
  type ImportedConversation,
  type ImportedUser,
} from "../../storage/data/external-ids.ts";
import { insertImportedGroup, openImportedDirect } from "../../storage/data/imported-conversations.ts";
import {
  insertImportedFiles,
  listFilesWithoutBytes,
  setMissingAvatars,
} from "../../storage/data/imported-files.ts";
import {
  findTakenNames,
  insertDeletedUsers,
  insertImportedUsers,
  insertRelations,
} from "../../storage/data/imported-users.ts";
import type { Core } from "../context.ts";
import { madeUpUsername } from "../server/named-users.ts";
import { usersChanged } from "../server/user-events.ts";
import type { ImportedType, ImportReport } from "./import-report.ts";
import { namedBy } from "./named-by-records.ts";
import { type ImportRefs, portableMessage } from "./portable.ts";
import { usersIn } from "./refs.ts";

/**
 * What one call of a conversation stores, in messages and UTF-16 units: sends wait no longer than for a
 * page.
 */
const MAX_MESSAGES = 50;
const MAX_UNITS = 512 * 1024;
const MAX_MEMBERS = 500;

/** A record of the input, and its line. */
export interface Line<Of = ExportRecord> {
  line: number;
  record: Of;
}

/**
 * Stores records of a file: users, files, conversations, messages, members, reads, in this order, whatever
 * that of the lines is. Idempotent by external ids: what is there stays, but for messages that differ. A
 * record that cannot be stored is reported, and keeps no other. A call that breaks off is completed by its
 * repeat.
 * @param by the key
 * @param report what became of each is added to it
 */
export async function importRecords(
  core: Core,
  by: ServerKeyId,
  lines: readonly Line[],
  report: ImportReport,
): Promise<void> {
  const run = new Import(core, by, report);
  const of = <Of>(pick: (record: ExportRecord) => Of | null): Line<Of>[] =>
    lines.flatMap(({ line, record }) => {
      const picked = pick(record);
      return picked === null ? [] : [{ line, record: picked }];
    });
  await run.users(of((record) => (record.type === "user" ? record.user : null)));
  await run.files(of((record) => (record.type === "file" ? record.file : null)));
  await run.avatars(of((record) => (record.type === "user" ? record.user : null)));
  await run.conversations(of((record) => (record.type === "conversation" ? record.conversation : null)));
  await run.messages(of((record) => (record.type === "message" ? record.message : null)));
  await run.members(of((record) => (record.type === "member" ? record.member : null)));
  await run.reads(of((record) => (record.type === "read" ? record.read : null)));
}

/** One call of an import. It remembers what it has looked up. */
class Import {
  readonly #core: Core;
  readonly #by: ServerKeyId;
  readonly #report: ImportReport;
  readonly #users = new Map<ExternalId, ImportedUser>();
  readonly #people = new Map<UserId, Person>();
  readonly #conversations = new Map<ExternalId, ImportedConversation>();
  readonly #files = new Map<ExternalId, string>();

  constructor(core: Core, by: ServerKeyId, report: ImportReport) {
    this.#core = core;
    this.#by = by;
    this.#report = report;
  }

  async users(lines: Line<UserRecord>[]): Promise<void> {
    const { db } = this.#core;
    const named = lines.map(({ record }) => record.external_id);
    const others = lines.flatMap(({ record }) => [...record.friends, ...record.blocked]);
    await this.#learnUsers([...named, ...others]);
    const seen = new Set<ExternalId>();
    const made = lines.filter(({ line, record: { external_id: id } }) => {
      const isNew = !this.#users.has(id) && !seen.has(id);
      seen.add(id);
      if (!isNew) this.#report.note("user", { line, externalId: id }, { result: "unchanged" });
      return isNew;
    });
    if (made.length === 0) return;
    const now = Date.now();
    const living = made.filter(({ record }) => !record.deleted);
    const left = await this.#insertUsers(living, now);
    // Another call has taken a name meanwhile: a made-up one is free.
    if (left.length > 0)
      await this.#insertUsers(
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
    if (deleted.length > 0) await insertDeletedUsers(db, deleted, now);
    usersChanged(this.#core);
    await this.#learnUsers(made.map(({ record }) => record.external_id));
    for (const { line, record } of made) {
      const isThere = this.#users.has(record.external_id);
      const outcome: ImportOutcome = isThere
        ? { result: "imported" }
        : { result: "left_out", reason: "Others make users at the same moment: send it again." };
      this.#report.note("user", { line, externalId: record.external_id }, outcome);
    }
    await this.#relate(made, now);
  }

  /** @returns those who were not made, as others have taken the id or the name */
  async #insertUsers(lines: Line<UserRecord>[], now: number): Promise<Line<UserRecord>[]> {
    const { db } = this.#core;
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
      if (name === undefined || taken.has(name)) return this.#newUser(line, madeUpUsername(), now);
      const keys = lookAlikeKeys(name);
      const isFree = !keys.some((key) => used.has(key));
      if (isFree) for (const key of keys) used.add(key);
      return this.#newUser(line, isFree ? name : madeUpUsername(), now);
    });
    const made = new Set(
      (await insertImportedUsers(db, list)).map(({ id, externalId }) => {
        this.#core.securityLog.record("registered", { user: id, by: null, serverKey: this.#by });
        return externalId;
      }),
    );
    return lines.filter(({ record }) => !made.has(record.external_id));
  }

  #newUser({ line, record }: Line<UserRecord>, username: string, now: number) {
    const { external_id: externalId, metadata, bot } = record;
    const notes: string[] = [];
    const field = (name: "nickname" | "email" | "avatar"): string => {
      const value = name === "avatar" && record.avatar.startsWith(FILE) ? "" : record[name];
      const parsed = ProfileFields.shape[name].safeParse(value);
      if (!parsed.success) notes.push(`its ${name} cannot be had here`);
      return parsed.success ? parsed.data : "";
    };
    const user = {
      ...{ externalId, username, metadata, bot, createdAt: record.created_at ?? now },
      profile: profileOf(record),
      ...{ nickname: field("nickname"), email: field("email"), avatar: field("avatar") },
    };
    if (record.username !== undefined && record.username !== username)
      notes.push(`its username is taken, looks like another one, or cannot be had: it is ${username}`);
    if (notes.length > 0)
      this.#report.leaveOut({ line, type: "user", externalId, reason: `stored, but ${notes.join("; ")}` });
    return user;
  }

  /** Friendships and blocks of users who were just made: no conversation knows of others. */
  async #relate(made: Line<UserRecord>[], now: number): Promise<void> {
    const pairs = (of: "friends" | "blocked") =>
      made.flatMap(({ record }): [UserId, UserId][] => {
        const user = this.#users.get(record.external_id);
        if (!user?.person) return [];
        return record[of].flatMap((ref): [UserId, UserId][] => {
          const other = this.#users.get(ref);
          return other?.person && other.id !== user.id ? [[user.id, other.id]] : [];
        });
      });
    const [friends, blocked] = [pairs("friends"), pairs("blocked")];
    if (friends.length > 0 || blocked.length > 0) await insertRelations(this.#core.db, friends, blocked, now);
  }

  async files(lines: Line<FileRecord>[]): Promise<void> {
    if (lines.length === 0) return;
    const { db } = this.#core;
    const ids = lines.map(({ record }) => record.external_id);
    await this.#learnUsers(lines.map(({ record }) => record.uploader));
    await this.#learnFiles(ids);
    const now = Date.now();
    const added = lines.flatMap(({ line, record }) => {
      const { external_id: externalId, sha256 } = record;
      const outcome = (result: ImportOutcome) => this.#report.note("file", { line, externalId }, result);
      const userId = this.#users.get(record.uploader)?.id;
      if (this.#files.has(externalId)) outcome({ result: "unchanged" });
      else if (userId === undefined)
        outcome({ result: "left_out", reason: `Its uploader has no record: ${record.uploader}.` });
      else if (sha256 === undefined)
        outcome({ result: "left_out", reason: "A file needs the `sha256` of its bytes." });
      else {
        outcome({ result: "imported" });
        const name = FileName.catch("file").parse(record.name);
        const contentType = ContentType.catch("application/octet-stream").parse(record.content_type);
        const key = FileKey.parse(randomHex());
        return [{ externalId, key, sha256, userId, name, contentType, createdAt: record.created_at ?? now }];
      }
      return [];
    });
    if (added.length > 0) await insertImportedFiles(db, added);
    await this.#learnFiles(ids);
    this.#report.filesWanted.push(...(await listFilesWithoutBytes(db, ids)));
  }

  /** Gives users the avatars that are files: their records come before those of the files. */
  async avatars(lines: Line<UserRecord>[]): Promise<void> {
    const named = lines.filter(({ record }) => record.avatar.startsWith(FILE));
    if (named.length === 0) return;
    await this.#learnFiles(named.map(({ record }) => fileRef(record.avatar)));
    const list = named.flatMap(({ record }) => {
      const avatar = this.#files.get(fileRef(record.avatar));
      const user = this.#users.get(record.external_id);
      return avatar !== undefined && user?.person?.avatar === "" ? [{ id: user.id, avatar }] : [];
    });
    if (list.length === 0) return;
    await setMissingAvatars(this.#core.db, list);
    for (const { id, avatar } of list) {
      const person = this.#people.get(id);
      if (person) this.#people.set(id, { ...person, avatar });
    }
  }

  async conversations(lines: Line<ConversationFields>[]): Promise<void> {
    const files = lines.flatMap(({ record }) =>
      record.avatar.startsWith(FILE) ? fileRef(record.avatar) : [],
    );
    await this.#learnFiles(files);
    await this.#learnConversations(lines.map(({ record }) => record.external_id));
    await this.#learnUsers(lines.flatMap(({ record }) => [...(record.users ?? []), ...ownerOf(record)]));
    for (const { line, record } of lines) {
      const at = { line, externalId: record.external_id };
      const outcome = await this.#conversation(record).catch(leftOut);
      this.#report.note("conversation", at, outcome);
    }
  }

  async #conversation(record: ConversationFields): Promise<ImportOutcome> {
    const { external_id: externalId } = record;
    const known = this.#conversations.get(externalId);
    if (known && known.kind !== record.kind)
      return { result: "left_out", reason: `There is a ${known.kind} conversation with this external id.` };
    return record.kind === "direct" ? this.#direct(record, known) : this.#group(record, known);
  }

  async #direct(record: ConversationFields, known: ImportedConversation | undefined): Promise<ImportOutcome> {
    if (known) {
      await this.#profile(known.id, record);
      return { result: "unchanged" };
    }
    const { external_id: externalId, users = [] } = record;
    const [one, other] = users.map((ref) => this.#users.get(ref));
    if (!one || !other || one.id === other.id)
      return { result: "left_out", reason: "A direct conversation needs two `users` with a record." };
    const pair: [UserId, UserId] = one.id < other.id ? [one.id, other.id] : [other.id, one.id];
    const createdAt = record.created_at ?? Date.now();
    const found = await openImportedDirect(this.#core.db, pair, externalId, createdAt);
    if (found?.externalId !== externalId)
      return {
        result: "left_out",
        reason: `These two have a direct conversation with another external id: ${found?.externalId}.`,
      };
    this.#conversations.set(externalId, { id: found.id, kind: "direct" });
    await this.#profile(found.id, record);
    return { result: "imported" };
  }

  async #group(record: ConversationFields, known: ImportedConversation | undefined): Promise<ImportOutcome> {
    const { db } = this.#core;
    const { external_id: externalId, dissolved_at: dissolvedAt } = record;
    const notes: string[] = [];
    const owner = record.owner === null ? undefined : this.#users.get(record.owner);
    if (record.owner !== null && !owner?.person && dissolvedAt === null)
      return {
        result: "left_out",
        reason: "A group needs an `owner` with a record, who is no deleted user.",
      };
    if (record.owner === null && dissolvedAt === null)
      return { result: "left_out", reason: "A group that is not dissolved needs an `owner`." };
    if (known) {
      await this.#profile(known.id, record);
      return { result: "unchanged" };
    }
    const handle = record.handle === null ? null : Handle.safeParse(record.handle);
    const name = GroupName.safeParse(record.name);
    if (!name.success && record.name !== "") notes.push("its name cannot be had here");
    const { custom_fields: customFields, introduction, announcement, policy, discoverable } = record;
    const profile = {
      ...{ introduction, announcement, policy, discoverable, customFields },
      name: name.success ? name.data : "",
      avatar: this.#avatarOf(record.avatar),
      joinPolicy: record.join_policy,
      threads: record.threads,
      ownerId: owner?.id ?? null,
      createdAt: record.created_at ?? Date.now(),
      muteAll: record.mute_all,
      maxMembers: record.max_members,
      metadata: writeMetadata(record.metadata),
      history: record.history === null ? null : record.history === "all",
      mayLeave: record.leave,
      retentionDays: record.retention_days,
      legalHold: record.legal_hold,
    };
    const insert = (given: Handle | null) => {
      const code = ConversationCode.parse(randomHex());
      return insertImportedGroup(db, externalId, code, { ...profile, handle: given });
    };
    let id = await insert(handle?.success ? handle.data : null);
    if (id === null && handle !== null) {
      id = await insert(null);
      notes.push("its handle was given before");
    }
    if (id === null) {
      await this.#learnConversations([externalId]);
      return { result: "unchanged" };
    }
    this.#conversations.set(externalId, { id, kind: "group" });
    await this.#profile(id, record);
    return { result: "imported", note: notes.length > 0 ? notes.join("; ") : undefined };
  }

  /** What the creation leaves out, also after an import that broke off behind it. */
  async #profile(id: ConversationId, record: ConversationFields): Promise<void> {
    const change = {
      ...(record.mute_all && { muteAll: true }),
      ...(!record.threads && { threads: false }),
      ...(record.retention_days !== null && { retentionDays: record.retention_days }),
      ...(record.legal_hold && { legalHold: true }),
    };
    if (Object.keys(change).length > 0 || record.dissolved_at !== null)
      await this.#core.conversations.importProfile(id, { change, dissolvedAt: record.dissolved_at });
  }

  async messages(lines: Line<MessageRecord>[]): Promise<void> {
    const named: ReturnType<typeof namedBy>[] = [];
    for (const { record } of lines) {
      if (named.length % MAX_MESSAGES === MAX_MESSAGES - 1) await nextTurn();
      named.push(namedBy(record));
    }
    await this.#learnConversations(named.flatMap(({ conversations }) => conversations));
    await this.#learnUsers(named.flatMap(({ users }) => users));
    await this.#learnFiles(named.flatMap(({ files }) => files));
    for (const [ref, some] of Map.groupBy(lines, ({ record }) => record.conversation)) {
      const conversation = this.#conversations.get(ref);
      if (conversation) await this.#messagesOf(conversation.id, some);
      else
        for (const { line, record } of some) this.#noConversation("message", line, record.external_id, ref);
    }
  }

  async #messagesOf(id: ConversationId, lines: Line<MessageRecord>[]): Promise<void> {
    const refs: ImportRefs = {
      user: (ref) => this.#users.get(ref)?.id,
      conversation: (ref) => this.#conversations.get(ref)?.id,
      file: (ref) => this.#files.get(ref),
      own: id,
    };
    let batch: { line: number; message: PortableMessage; notes: string[] }[] = [];
    let units = 0;
    const send = async () => {
      if (batch.length === 0) return;
      const messages = batch.map(({ message }) => message);
      const people = this.#peopleOf(messages.flatMap(usersIn));
      const outcomes = await this.#core.conversations
        .importMessages(id, { messages, people })
        .catch((error: unknown) => messages.map(() => leftOut(error)));
      for (const [i, { line, message, notes }] of batch.entries()) {
        const outcome = outcomes[i] ?? { result: "left_out", reason: "The conversation did not answer." };
        this.#report.note("message", { line, externalId: message.externalId }, outcome, notes);
      }
      [batch, units] = [[], 0];
    };
    for (const { line, record } of lines) {
      const portable = attempt(() => portableMessage(record, refs));
      if (!portable.ok) {
        const at = { line, externalId: record.external_id };
        this.#report.note("message", at, { result: "left_out", reason: portable.detail });
        continue;
      }
      batch.push({ line, ...portable.value });
      units += JSON.stringify(portable.value.message).length;
      if (batch.length >= MAX_MESSAGES || units > MAX_UNITS) await send();
    }
    await send();
  }

  async members(lines: Line<MemberRecord>[]): Promise<void> {
    await this.#eachConversation("member", lines, async (id, some) => {
      const members = some.map(
        ({ record, user }): PortableMember => ({
          userId: user.id,
          role: record.role,
          // The account is deleted: who had it is no member of anything.
          state: user.person ? record.state : "left",
          joinedAt: record.joined_at ?? null,
          seesAfter: record.sees_after,
          seesUntil: record.sees_until,
          mutedUntil: record.muted_until,
          nameCard: record.name_card,
          customFields: record.custom_fields,
        }),
      );
      const people = this.#peopleOf(members.map(({ userId }) => userId));
      return this.#core.conversations.importMembers(id, { members, people });
    });
  }

  async reads(lines: Line<ReadRecord>[]): Promise<void> {
    await this.#eachConversation("read", lines, (id, some) => {
      const reads = some.map(({ record, user }): PortableRead => {
        return { userId: user.id, message: record.message, at: record.at };
      });
      return this.#core.conversations.importReads(id, { reads });
    });
  }

  /** Hands records about users on, conversation by conversation, and reports what became of them. */
  async #eachConversation<Of extends MemberRecord | ReadRecord>(
    type: "member" | "read",
    lines: Line<Of>[],
    store: (id: ConversationId, some: (Line<Of> & { user: ImportedUser })[]) => Promise<ImportOutcome[]>,
  ): Promise<void> {
    await this.#learnConversations(lines.map(({ record }) => record.conversation));
    await this.#learnUsers(lines.map(({ record }) => record.user));
    for (const [ref, all] of Map.groupBy(lines, ({ record }) => record.conversation)) {
      const conversation = this.#conversations.get(ref);
      const known = all.flatMap(({ line, record }) => {
        const user = this.#users.get(record.user);
        if (!conversation) this.#noConversation(type, line, record.user, ref);
        else if (!user) {
          const reason = `The user has no record: ${record.user}.`;
          this.#report.note(type, { line, externalId: record.user }, { result: "left_out", reason });
        }
        return conversation && user ? [{ line, record, user }] : [];
      });
      for (let i = 0; conversation && i < known.length; i += MAX_MEMBERS) {
        const some = known.slice(i, i + MAX_MEMBERS);
        const outcomes = await store(conversation.id, some).catch((error: unknown) =>
          some.map(() => leftOut(error)),
        );
        for (const [at, outcome] of outcomes.entries()) {
          const of = some[at];
          if (of) this.#report.note(type, { line: of.line, externalId: of.record.user }, outcome);
        }
      }
    }
  }

  #noConversation(type: ImportedType, line: number, externalId: ExternalId, ref: ExternalId): void {
    const reason = `Its conversation has no record: ${ref}.`;
    this.#report.note(type, { line, externalId }, { result: "left_out", reason });
  }

  #avatarOf(avatar: string): string {
    const url = avatar.startsWith(FILE) ? (this.#files.get(fileRef(avatar)) ?? "") : avatar;
    const parsed = ProfileFields.shape.avatar.safeParse(url);
    return parsed.success ? parsed.data : "";
  }

  #peopleOf(ids: UserId[]): Person[] {
    return [...new Set(ids)].flatMap((id) => this.#people.get(id) ?? []);
  }

  async #learnUsers(refs: ExternalId[]): Promise<void> {
    const unknown = [...new Set(refs)].filter((ref) => !this.#users.has(ref));
    if (unknown.length === 0) return;
    for (const [ref, user] of await findImportedUsers(this.#core.db, unknown)) {
      this.#users.set(ref, user);
      if (user.person) this.#people.set(user.id, user.person);
    }
  }

  async #learnConversations(refs: ExternalId[]): Promise<void> {
    const unknown = [...new Set(refs)].filter((ref) => !this.#conversations.has(ref));
    if (unknown.length === 0) return;
    for (const [ref, found] of await findImportedConversations(this.#core.db, unknown))
      this.#conversations.set(ref, found);
  }

  async #learnFiles(refs: ExternalId[]): Promise<void> {
    const unknown = [...new Set(refs)].filter((ref) => !this.#files.has(ref));
    if (unknown.length === 0) return;
    for (const [ref, file] of await findImportedFiles(this.#core.db, unknown))
      this.#files.set(ref, fileUrl(file));
  }
}

/** Before the external id of a file, where a record has a URL otherwise. */
const FILE = "file:";

function fileRef(avatar: string): ExternalId {
  return ExternalId.catch(NO_FILE).parse(avatar.slice(FILE.length));
}

/** No file has this external id. */
const NO_FILE = ExternalId.parse("-");

/** @throws an error that is no refusal */
function leftOut(error: unknown): ImportOutcome {
  if (error instanceof CoreError) return { result: "left_out", reason: error.message };
  throw error;
}

function ownerOf({ owner }: ConversationFields): ExternalId[] {
  return owner === null ? [] : [owner];
}

function profileOf({ profile = {} }: UserRecord) {
  const { friend_policy: friendPolicy, ...texts } = profile;
  return { ...texts, ...(friendPolicy && { friendPolicy }) };
}
