import type { Buttons } from "../../domain/bots/buttons.ts";
import { POLICIES } from "../../domain/conversations/group-policies.ts";
import { CoreError, invalid, noMentioned, noMessage, refusedFor } from "../../domain/errors.ts";
import { NOBODY, type Seq, type UserId } from "../../domain/ids.ts";
import type { BodyJson } from "../../domain/messages/content.ts";
import {
  type EditOutcome,
  editedBody,
  type FormerVersion,
  isEditable,
  type MessageEdit,
} from "../../domain/messages/edit.ts";
import { linkIn, readLinkPreview } from "../../domain/messages/link-preview.ts";
import type { Mentions } from "../../domain/messages/message.ts";
import { isSameMetadata, type MetadataJson } from "../../domain/server/metadata.ts";
import { Backlog } from "../../object/backlog.ts";
import { checkButtons } from "../bots/stored-buttons.ts";
import type { FileReferences } from "../files/file-references.ts";
import type { PreviewRequests } from "../link-previews/preview-requests.ts";
import { type EditHistory, versionOf } from "../log/edit-history.ts";
import { readAlsoMentioned, readMentions, storedMentions } from "../log/mention-index.ts";
import type { MessageEditColumns } from "../log/message-log.ts";
import { type MessageRow, readHook } from "../log/row.ts";
import { listedFor } from "../members/former-previews.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";
import type { Indexer } from "../search/indexer.ts";
import type { DirectPermission } from "../sending/direct-permission.ts";
import { checkMentions } from "../sending/mention-permission.ts";
import { MAX_WAITING, TOO_MANY } from "../sending/send-queue.ts";
import { type Intended, refusal, type SendingGate } from "../sending/sending-gate.ts";
import { checkWritePermission } from "../sending/write-permission.ts";
import type { ContentFollower } from "../state/content-follower.ts";

/** Former versions that one run of the `edit_history` job removes. */
const MAX_REMOVED = 200;

/** The parts of a conversation that an edit touches besides the room. */
interface EditingDeps {
  history: EditHistory;
  indexer: Pick<Indexer, "admitEdit">;
  files: Pick<FileReferences, "edited">;
  followers: readonly ContentFollower[];
  previews: Pick<PreviewRequests, "stored">;
  permission: Pick<DirectPermission, "check">;
  gate: Pick<SendingGate, "isSetFor" | "check" | "hides">;
  /** for how many seconds a message can be edited; 0: without limit */
  windowS: number;
  /** has the alarm go on removing the former versions of a user */
  scheduleRemoval: (userId: UserId) => void;
}

/** Edits of messages by their senders, of custom data by any member, and the former versions. */
export class Editing {
  readonly #room: RoomContext;
  readonly #deps: EditingDeps;
  /** edits that wait for the direct permission */
  readonly #backlog = new Backlog(MAX_WAITING);

  constructor(room: RoomContext, deps: EditingDeps) {
    this.#room = room;
    this.#deps = deps;
  }

  /**
   * Gives a message other content, or other metadata, buttons or custom data, which make no version. The same
   * again changes nothing, whatever its version: an edit can be repeated. The editor's list shows the edit
   * once this resolves.
   * @throws `not_found` unless the user is a member who can see the message, and for an added mention of no
   *   member
   * @throws `muted`, `blocked` or `forbidden` where the user may not write, `forbidden` for a message of
   *   another sender of which more than the custom data changes, and for buttons of a person, `too_late`
   *   after the time for edits
   * @throws `validation_failed` for a message that cannot be edited, or a body that does not fit it
   * @throws `rate_limited`, `unavailable` as a send
   */
  async edit(userId: UserId, seq: Seq, edit: MessageEdit): Promise<EditOutcome> {
    await this.#permitted(userId, edit);
    this.#room.flushSends();
    const gated = await this.#gated(userId, seq, edit);
    this.#room.flushSends();
    const outcome = this.#edit(this.#room.members.active(userId), seq, gated);
    // The list of the sender has it with the answer. A repeat waits too: the first call may be under way.
    if (outcome.type !== "conflict") await this.#room.updateInboxes([userId]);
    return outcome;
  }

  /**
   * Gives a message of an incoming hook another body, by the rules of `edit`.
   * @param find the message; it throws if the hook may not edit it, or no longer
   * @throws as `find`; `refused`, `too_late`, `rate_limited`, `unavailable` and `validation_failed` as `edit`
   */
  async editByHook(find: () => MessageRow, given: BodyJson): Promise<MessageRow> {
    const body = await this.#gatedByHook(find(), given);
    this.#room.flushSends();
    const row = find();
    const content = this.#newContent(row, body);
    if (!content) return row;
    this.#deps.indexer.admitEdit(row, body);
    this.#store(row, content, NOBODY);
    return this.#room.log.get(row.seq) ?? row;
  }

  /**
   * The former versions of a message, newest first; none of a revoked one, nor of a deleted account.
   * @throws `not_found` unless the member can see the message, `forbidden` where the kind of the group does
   *   not show them to the member
   */
  formerVersions(member: MemberRow, seq: Seq): FormerVersion[] {
    const row = this.#room.log.visible(seq, member);
    if (!row) throw noMessage(seq);
    const audience = POLICIES[this.#room.state.profile.policy].editHistory;
    if (!this.#room.rights.may(member, "editHistory")) {
      const detail = "You may not see here what a message said before it was edited.";
      throw refusedFor(audience === "nobody" ? "kind" : "rank", detail, this.#room.state.profile.policy);
    }
    const isKept = row.hook !== null || this.#room.profiles.has(row.sender_id);
    if (row.revoked_rev !== null || !isKept) return [];
    return this.#deps.history.of(row);
  }

  /**
   * Removes former versions of the messages of a user whose account was deleted, as many as one turn may: the
   * `edit_history` job does the others.
   */
  forget(userId: UserId): void {
    const { history, files } = this.#deps;
    const removed = this.#room.commit((tx) => {
      const removed = history.take(userId, MAX_REMOVED);
      for (const [seq, versions] of Map.groupBy(removed, (version) => version.seq))
        files.edited(tx, { seq, sender_id: userId }, { dropped: versions.map(({ body }) => body) });
      return removed;
    });
    if (removed.length === MAX_REMOVED) this.#deps.scheduleRemoval(userId);
  }

  /** Waits while a change of the direct permission is under way, as a send does. */
  async #permitted(userId: UserId, { body }: MessageEdit): Promise<void> {
    const check = this.#deps.permission.check();
    if (!check) return;
    this.#room.members.active(userId);
    await this.#waiting(userId, body?.length ?? 0, async () => {
      const failure = await check;
      if (failure) throw new CoreError(failure.code, failure.detail, failure.data);
    });
  }

  /** Has an edit wait in the backlog of its user. @throws `rate_limited` if that is full, and as `wait` */
  async #waiting<T>(userId: UserId, bytes: number, wait: () => Promise<T>): Promise<T> {
    if (!this.#backlog.take(userId, 1, bytes))
      throw new CoreError(TOO_MANY.code, TOO_MANY.detail, TOO_MANY.data);
    try {
      return await wait();
    } finally {
      this.#backlog.release(userId, 1, bytes);
    }
  }

  /** Asks the hook that has a say. @returns the edit as it is to be stored @throws as `edit` does */
  async #gated(userId: UserId, seq: Seq, edit: MessageEdit): Promise<MessageEdit> {
    const { gate } = this.#deps;
    const { members, state } = this.#room;
    const { buttons } = edit;
    if (!gate.isSetFor(userId)) return edit;
    if (edit.body === undefined && !buttons) {
      const isShown = this.#room.log.visible(seq, members.active(userId))?.shadowed === null;
      if (isShown && (await this.#waiting(userId, 0, () => gate.hides(userId)))) throw refusal();
      return edit;
    }
    const member = members.active(userId);
    const row = edit.body === undefined ? this.#own(member, seq) : this.#editable(member, seq);
    const body = edit.body === undefined ? row.body : editedBody(row.kind, row.body, edit.body);
    const { mentions = readMentions(row.mentions) } = edit;
    const intended = {
      ...{ conversationId: state.id, senderId: userId, kind: row.kind, body, mentions, edits: seq },
      ...{ clientMsgId: undefined, threadRoot: row.thread_root, draft: null },
      ...(buttons && { buttons }),
    };
    const checked = await this.#checked(row, intended);
    return checked === body ? edit : { ...edit, body: checked };
  }

  /** The same for a message of an incoming hook. @returns the body as it is to be stored */
  async #gatedByHook(row: MessageRow, given: BodyJson): Promise<BodyJson> {
    const body = editedBody(row.kind, row.body, given);
    if (row.hook === null || row.shadowed !== null || !this.#deps.gate.isSetFor(NOBODY)) return body;
    return this.#checked(row, {
      ...{ conversationId: this.#room.state.id, senderId: NOBODY, kind: row.kind, body, edits: row.seq },
      ...{ mentions: readMentions(row.mentions), clientMsgId: undefined, threadRoot: row.thread_root },
      ...{ draft: null, hookOrigin: readHook(row.hook) },
    });
  }

  /** @returns the body as it is to be stored @throws as `edit` does */
  async #checked(row: MessageRow, intended: Intended): Promise<BodyJson> {
    const { senderId, body } = intended;
    const checked = await this.#waiting(senderId, body.length, () => this.#deps.gate.check(intended));
    if (!checked.ok) throw new CoreError(checked.code, checked.detail, checked.data);
    // Others see the message already.
    if (checked.value.shadowed && row.shadowed === null) throw refusal();
    return checked.value.body;
  }

  #edit(member: MemberRow, seq: Seq, edit: MessageEdit): EditOutcome {
    const row = this.#changeable(member, seq, edit);
    const content =
      edit.body === undefined
        ? null
        : this.#newContent(row, edit.body, () => this.#newMentions(row, edit.mentions, member));
    const metadata = newMetadata(row, edit.metadata);
    const refusal = checkButtons(this.#room.profiles, member.user_id, edit.buttons);
    if (refusal) throw refusal;
    const buttons = newButtons(row, edit.buttons);
    const custom = newCustomData(row, edit.custom);
    if (!content && !custom && metadata === undefined && buttons === undefined)
      return this.#outcome("unchanged", row, member);
    const isConflict =
      (content && edit.baseVersion !== versionOf(row)) ||
      (custom && edit.custom?.baseVersion !== (row.custom_version ?? 0));
    if (isConflict) return this.#outcome("conflict", row, member);
    if (content?.body !== undefined) this.#deps.indexer.admitEdit(row, content.body);
    const beside = { ...(metadata !== undefined && { metadata }), ...(buttons !== undefined && { buttons }) };
    this.#store(row, { ...content, ...beside, ...custom }, member.user_id);
    const edited = this.#room.log.get(seq);
    if (!edited) throw new Error("an edited message has a row");
    return this.#outcome("edited", edited, member);
  }

  /**
   * @param newMentions the columns of other mentions
   * @returns the columns of another content; null: it says the same
   * @throws as `edit` does
   */
  #newContent(
    row: MessageRow,
    given: BodyJson,
    newMentions: () => Partial<MessageEditColumns> | undefined = () => undefined,
  ): MessageEditColumns | null {
    const body = editedBody(row.kind, row.body, given);
    const mentions = newMentions();
    if (body === row.body && !mentions) return null;
    const { windowS } = this.#deps;
    if (windowS > 0 && Date.now() > row.created_at + windowS * 1_000)
      throw new CoreError("too_late", `A message can be edited for ${windowS} seconds, which are over.`);
    return {
      ...(body !== row.body && { body, place: null }),
      ...mentions,
      version: versionOf(row) + 1,
      // Not before the newest message: a leaving is one, and its user is shown no later version.
      edited_at: Math.max(Date.now(), this.#room.log.last.at, row.edited_at ?? 0),
    };
  }

  /** Stores an edit in one transaction, and announces it. */
  #store(row: MessageRow, columns: MessageEditColumns, by: UserId): void {
    const { history, followers, previews } = this.#deps;
    const { log, changeFeed, members, state } = this.#room;
    const { body = row.body, custom_data = row.custom_data } = columns;
    const changesContent = columns.version !== undefined;
    const dropsPreview =
      changesContent && !!row.link_preview && linkIn(body) !== readLinkPreview(row.link_preview).url;
    // Lists show a message that is the newest for somebody, and unread mentions.
    const listed = listedFor(log, row);
    const isListed = listed !== null && (listed.isNewest || listed.hiders.length > 0);
    const reachesLists = isListed || columns.mentions !== undefined;
    const texts = { before: `${row.body}\n${row.custom_data}`, after: `${body}\n${custom_data}` };
    const keepsHistory = POLICIES[state.profile.policy].editHistory !== "nobody";
    this.#room.commit((tx) => {
      changeFeed.record(tx, [row.seq], { reachesLists, changesContent, by });
      const dropped = [row.custom_data ?? ""];
      if (changesContent) dropped.push(...(keepsHistory ? history.keep(row) : [row.body]));
      if (dropsPreview) dropped.push(row.link_preview ?? "");
      log.edit(row.seq, dropsPreview ? { ...columns, link_preview: null } : columns);
      const named = columns.mentions === undefined ? [] : readMentions(columns.mentions);
      tx.after(() => members.concern(named));
      const edit = { ...texts, dropped, ...(changesContent && { body }) };
      for (const follower of followers) follower.edited?.(tx, row, edit);
      if (changesContent) tx.publish(() => previews.stored([{ ...row, body }]));
    });
  }

  /** @returns the row of a message of which the member may change what the edit names @throws as `edit` */
  #changeable(member: MemberRow, seq: Seq, { body, custom, metadata, buttons }: MessageEdit): MessageRow {
    if (body !== undefined) return this.#editable(member, seq);
    const isCustomAlone = custom !== undefined && metadata === undefined && buttons === undefined;
    if (!isCustomAlone) return this.#own(member, seq);
    const { policy } = this.#room.state.profile;
    const row = this.#writable(member, seq);
    if (!this.#room.rights.may(member, "customData"))
      throw refusedFor("kind", "Nobody changes messages of others in this kind of group.", policy);
    return row;
  }

  /** @returns the row of a message whose content the member may edit now @throws as `edit` does */
  #editable(member: MemberRow, seq: Seq): MessageRow {
    const row = this.#own(member, seq);
    if (row.forwarded !== null) throw notEditable(seq, "a forward, which shows the words of others");
    if (row.poll !== null) throw notEditable(seq, "a poll");
    if (!isEditable(row.kind)) throw notEditable(seq, `of the kind ${row.kind}`);
    return row;
  }

  /** @returns the row of a message of the member, who may write now @throws as `edit` does */
  #own(member: MemberRow, seq: Seq): MessageRow {
    const row = this.#visible(member, seq);
    if (row.sender_id !== member.user_id)
      throw new CoreError("forbidden", "Only its sender may edit a message.");
    const { policy } = this.#room.state.profile;
    if (!this.#room.rights.may(member, "editMessages"))
      throw refusedFor("rank", "You may not edit messages here.", policy);
    return this.#writable(member, seq);
  }

  /** @returns the row of a message of any sender; the member may write now @throws as `edit` does */
  #writable(member: MemberRow, seq: Seq): MessageRow {
    const row = this.#visible(member, seq);
    const isInThread = row.thread_root !== null && row.in_main === 0;
    const refusal = checkWritePermission(this.#room, member, isInThread ? "threads" : "write");
    if (refusal) throw refusal;
    if (row.revoked_rev !== null) throw notEditable(seq, "revoked");
    return row;
  }

  #visible(member: MemberRow, seq: Seq): MessageRow {
    const row = this.#room.log.visible(seq, member);
    if (!row) throw noMessage(seq);
    if (row.kind === "tip") throw notEditable(seq, "a notice of the server");
    return row;
  }

  /**
   * The columns of other mentions.
   * @returns undefined if the message keeps those that it has
   * @throws `not_found` if a user is added who is no member, `forbidden` as `checkMentions`
   */
  #newMentions(
    row: MessageRow,
    given: Mentions | undefined,
    editor: MemberRow,
  ): Partial<MessageEditColumns> | undefined {
    const former = readMentions(row.mentions);
    if (given === undefined || isSame(former, given)) return undefined;
    const refusal = checkMentions(this.#room, editor, given);
    if (refusal) throw refusal;
    const known = new Set(former === "all" ? readAlsoMentioned(row.also_mentioned) : former);
    const added = given === "all" ? [] : given.filter((id) => !known.has(id));
    const nonMember = added.find((id) => !this.#room.members.findSender(id));
    if (nonMember !== undefined) throw noMentioned(nonMember);
    return { mentions: storedMentions(given), also_mentioned: null, role_mentions: null };
  }

  #outcome(type: EditOutcome["type"], row: MessageRow, member: MemberRow): EditOutcome {
    const [message] = this.#room.renderer.render([row], member);
    if (!message) throw new Error("one row makes one message");
    return { type, message };
  }
}

/** The column of other metadata. @returns undefined if the message keeps what it has */
function newMetadata(
  { metadata }: MessageRow,
  given: MetadataJson | undefined,
): MetadataJson | null | undefined {
  return given === undefined || isSameMetadata(metadata ?? "", given) ? undefined : given || null;
}

/** The columns of other custom data. @returns undefined if the message keeps what it has */
function newCustomData(
  { custom_data, custom_version }: MessageRow,
  given: MessageEdit["custom"],
): Pick<MessageRow, "custom_data" | "custom_version"> | undefined {
  if (given === undefined || given.data === (custom_data ?? "")) return undefined;
  return { custom_data: given.data || null, custom_version: (custom_version ?? 0) + 1 };
}

/** The column of other buttons. @returns undefined if the message keeps what it has */
function newButtons(row: MessageRow, given: Buttons | null | undefined): string | null | undefined {
  if (given === undefined) return undefined;
  const buttons = given && JSON.stringify(given);
  return buttons === row.buttons ? undefined : buttons;
}

function isSame(one: Mentions, other: Mentions): boolean {
  if (one === "all" || other === "all") return one === other;
  return new Set(one).size === new Set(other).size && one.every((id) => other.includes(id));
}

function notEditable(seq: Seq, what: string): CoreError {
  return invalid("path.seq", `message ${seq} is ${what}: it cannot be edited`);
}
