import type { ExportRecordInput } from "../../../src/domain/data/records.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import type { LeftOut, LeftOutItem } from "../left-out.ts";
import type { FileDraft, MessageDraft } from "./draft.ts";
import { emailOf, groupNameOf, nicknameOf, usernameOf } from "./names.ts";
import type { People } from "./people.ts";
import type { CollectedSpace } from "./space.ts";
import { Spool } from "./spool.ts";

/** The part of a record of a type. */
type RecordOf<Type extends string> = Extract<ExportRecordInput, { type: Type }>;
export type UserInput = RecordOf<"user">["user"];
export type ConversationInput = RecordOf<"conversation">["conversation"];
type MemberInput = RecordOf<"member">["member"];
type MemberFields = Pick<MemberInput, "role" | "joined_at">;

/** A person or a bot of the origin. */
export interface PersonDraft {
  /** the origin's own id, by which `--people` may name them */
  originId: string;
  /** the external id that the converter would give them */
  id: string;
  /** the best name first */
  names: (string | null | undefined)[];
  /** the name of somebody without one; absent: one is made up */
  fallback?: string;
  username?: string | null | undefined;
  email?: string | null | undefined;
  avatar?: FileDraft | undefined;
  isBot?: boolean | undefined;
  createdAt?: number | undefined;
  /** their account was closed at the origin: they keep their name */
  isDeactivated?: boolean | undefined;
}

/** A conversation, its members and the ids of its messages. */
export interface Collected {
  record: ConversationInput;
  /** who made it, by external id: its owner, unless a member has the role */
  creator?: string | undefined;
  members: Map<string, MemberFields & { state: "active" | "left" }>;
  messages: Set<string>;
  /** those of them that are notices, in whose threads nobody can answer */
  notices: Set<string>;
  /** the ids of messages that are left out, as not everybody in the conversation could see them */
  withheld: Set<string>;
  pins: number[];
  /** the time of the oldest message */
  oldest: number;
}

/** The users, conversations and messages of an export, until they are written as records. */
export class Collection {
  readonly leftOut: LeftOut;
  readonly users = new Map<string, UserInput>();
  readonly conversations = new Map<string, Collected>();
  readonly spaces = new Map<string, CollectedSpace>();
  /** the pictures of users, by external id */
  readonly avatars = new Map<string, FileDraft>();
  /** the external ids of users whom the deployment has: they get no record */
  readonly known = new Set<string>();
  /** the time of the newest message */
  newest = 0;
  readonly #people: People;
  readonly #spool = new Spool();
  readonly #byOrigin = new Map<string, string>();
  /** direct conversations by their two users */
  readonly #directs = new Map<string, string>();
  /** users whose names are made up */
  readonly #unnamed = new Set<string>();

  constructor(leftOut: LeftOut, people: People) {
    this.leftOut = leftOut;
    this.#people = people;
  }

  /**
   * Adds a person, or further fields of them. Returns the external id by which records name them. The first
   * mention of a person decides it: conversations and messages hold the id from then on.
   */
  person({ originId, id: made, ...person }: PersonDraft): string {
    const id = this.#byOrigin.get(originId) ?? this.#identify(originId, made, person.email);
    const { nickname: known, ...rest } = this.users.get(id) ?? {};
    const name = nicknameOf(person.names, "");
    const isNamed = known !== undefined && !this.#unnamed.has(id);
    if (name === "" && !isNamed) this.#unnamed.add(id);
    else this.#unnamed.delete(id);
    const madeUp = nicknameOf([person.fallback], `User ${originId.slice(-12)}`);
    this.users.set(id, {
      external_id: id,
      nickname: isNamed ? known : name || madeUp,
      ...(person.isBot && { bot: true }),
      ...optional("username", usernameOf(person.username)),
      ...optional("email", emailOf(person.email)),
      ...(person.createdAt !== undefined && { created_at: person.createdAt }),
      ...(person.isDeactivated && { metadata: { deactivated: true } }),
      // Fields of the first mention stay.
      ...rest,
    });
    if (person.avatar && !this.avatars.has(id)) this.avatars.set(id, person.avatar);
    return id;
  }

  #identify(originId: string, made: string, email: string | null | undefined): string {
    const match = this.#people.find(originId, email);
    const id = match?.id ?? made;
    this.#byOrigin.set(originId, id);
    if (match?.isKnown) this.known.add(id);
    return id;
  }

  /** The external id of a person whom the converter has added. */
  idOf(originId: string): string | undefined {
    return this.#byOrigin.get(originId);
  }

  /** The name of a user as messages show it. */
  nameOf(user: string): string {
    return this.users.get(user)?.nickname ?? user;
  }

  /**
   * Adds a space, whose channels are the groups with its id.
   * @param how `owner` by external id; `namesMembers`: the export names all who are in a channel
   */
  space(
    id: string,
    name: string,
    { owner = null, namesMembers = true }: { owner?: string | null; namesMembers?: boolean } = {},
  ): void {
    if (this.spaces.has(id)) return;
    const shown = groupNameOf([name], "Space");
    this.spaces.set(id, {
      name: shown,
      owner,
      members: new Map(),
      roles: new Map(),
      categories: new Map(),
      namesMembers,
    });
  }

  /** The category of a channel, which is made; undefined: the space has too many. */
  category(space: string, id: string, name: string): string | undefined {
    const categories = this.spaces.get(space)?.categories;
    if (!categories) return undefined;
    if (!categories.has(id) && categories.size >= LIMITS.categories) {
      this.leftOut.add({ reason: `a category beyond ${LIMITS.categories} of a space`, where: name });
      return undefined;
    }
    categories.set(id, groupNameOf([name], "Category"));
    return id;
  }

  /** Adds a member of a space. */
  spaceMember(space: string, user: string, { isGuest = false, roles = [] as readonly string[] } = {}): void {
    const members = this.spaces.get(space)?.members;
    const known = members?.get(user);
    members?.set(user, {
      isGuest: isGuest && (known?.isGuest ?? true),
      roles: new Set([...(known?.roles ?? []), ...roles]),
    });
  }

  /**
   * Adds a conversation. Returns its id, or that of the direct conversation which its two users have already:
   * they have one alone here, however many they had at the origin.
   */
  conversation(record: ConversationInput, creator?: string): string {
    const id = record.external_id;
    const pair = record.kind === "direct" ? record.users?.toSorted().join("\n") : undefined;
    const known = this.#directs.get(pair ?? "") ?? id;
    if (pair !== undefined) this.#directs.set(pair, known);
    if (this.conversations.has(known)) return known;
    this.conversations.set(record.external_id, {
      ...{ record, creator },
      ...{
        members: new Map(),
        messages: new Set(),
        notices: new Set(),
        withheld: new Set(),
        pins: [],
        oldest: Number.POSITIVE_INFINITY,
      },
    });
    return id;
  }

  /** Adds a member. */
  member(conversation: string, user: string, fields: MemberFields = {}): void {
    const members = this.conversations.get(conversation)?.members;
    members?.set(user, { ...members.get(user), ...fields, state: "active" });
  }

  /** Adds fields of a user who is a member, or was one once. */
  formerMember(conversation: string, user: string, fields: MemberFields = {}): void {
    const members = this.conversations.get(conversation)?.members;
    members?.set(user, { state: "left", ...members.get(user), ...fields });
  }

  /** Ends the membership of a user, who keeps their messages. */
  left(conversation: string, user: string): void {
    const members = this.conversations.get(conversation)?.members;
    if (members?.has(user)) members.set(user, { ...members.get(user), state: "left" });
  }

  /**
   * Leaves out a message that not everybody in the conversation could see: here they would. The replies in
   * its thread go with it.
   */
  withhold(conversation: string, id: string, item: LeftOutItem): void {
    this.conversations.get(conversation)?.withheld.add(id);
    this.leftOut.add(item);
  }

  /** Adds a message. A second one with its id is left out. @param order see `Spool.add` */
  message(conversation: string, draft: MessageDraft, order = draft.time): void {
    const collected = this.conversations.get(conversation);
    if (!collected) return;
    if (collected.messages.has(draft.id)) {
      this.leftOut.add({ reason: "a second message with the same id", where: draft.where, what: draft.text });
      return;
    }
    collected.messages.add(draft.id);
    if (draft.pinned) collected.pins.push(draft.pinned.at);
    if (draft.sender === null) collected.notices.add(draft.id);
    const { sender, reactions = [] } = draft;
    // Authors and reactors were members once, and may have left.
    for (const user of [sender, ...reactions.map((reaction) => reaction.user)])
      if (user !== null) this.formerMember(conversation, user);
    this.newest = Math.max(this.newest, draft.time);
    collected.oldest = Math.min(collected.oldest, draft.time);
    this.#spool.add(conversation, order, draft);
  }

  /** How many messages there are. */
  get messages(): number {
    return [...this.conversations.values()].reduce((sum, { messages }) => sum + messages.size, 0);
  }

  /** The messages of a conversation in the order of their time. */
  sorted(conversation: string): Generator<MessageDraft> {
    return this.#spool.sorted(conversation);
  }

  close(): void {
    this.#spool.close();
  }
}

function optional<Name extends string>(name: Name, value: string): Partial<Record<Name, string>> {
  const field: Partial<Record<Name, string>> = {};
  if (value !== "") field[name] = value;
  return field;
}
