import type {
  ConversationKind,
  DirectPermissionState,
  Profile,
} from "../../domain/conversations/conversation.ts";
import type { JoinPolicy, PolicyName, Viewing } from "../../domain/conversations/group-kind.ts";
import { CustomFields } from "../../domain/custom-fields.ts";
import type { ConversationId, Handle, Position, SpaceId, UserId } from "../../domain/ids.ts";
import type { MetadataJson } from "../../domain/server/metadata.ts";
import type { Floor } from "../retention/floor.ts";
import type { Transaction } from "./transaction.ts";

/** The only row of the table `conversation`. Times are in ms since 1970. */
type ConversationRow = {
  id: ConversationId;
  kind: ConversationKind;
  name: string;
  avatar: string;
  introduction: string;
  announcement: string;
  join_policy: JoinPolicy;
  discoverable: number | null;
  threads_off: number;
  link_previews_off: number;
  policy: PolicyName;
  owner_id: UserId | null;
  created_at: number;
  handle: Handle | null;
  mute_all: number;
  max_members: number | null;
  custom_fields: string;
  metadata: MetadataJson;
  history: number | null;
  may_leave: number;
  retention_days: number | null;
  legal_hold: number;
  slow_mode_s: number;
  viewers: Viewing;
  space_id: SpaceId | null;
  floor_seq: Position;
  floor_n: number;
  emptied_seq: Position;
  changed_at: number | null;
  dissolved_at: number | null;
  version: number;
  projected: number;
  friends_only: number;
  blocked: number;
  friends: number;
  first_sender: UserId | null;
  answered: number;
  answered_projected: number;
  changes: number;
  rev: number;
};

/** The part of the state that is projected to D1. */
interface SharedState {
  profile: Profile;
  dissolvedAt: number | null;
}

/** The state of a conversation besides messages and members: one row, repeated in memory. */
export class ConversationState {
  readonly #sql: SqlStorage;
  readonly id: ConversationId;
  profile: Profile;
  /** the version of the profile that D1 has */
  projected: number;
  directPermission: DirectPermissionState;
  /** the sender of the first message of a direct conversation; null: there is none yet */
  firstSender: UserId | null;
  /** a direct conversation in which both users have written */
  answered: boolean;
  /** whether D1 knows that */
  answeredIsProjected: boolean;
  /**
   * the number of changes for all members that are no message, as revokes; a part of each snapshot's version
   */
  changes: number;
  /** when the group was dissolved (ms since 1970); null if it was not */
  dissolvedAt: number | null;
  /** the number of changes of stored messages, by which clients resume */
  rev: number;
  /** up to where messages have expired: nobody sees them */
  floor: Floor;
  /** the expired messages up to this seq have no content left */
  emptiedSeq: Position;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    const row = sql.exec<ConversationRow>("SELECT * FROM conversation").one();
    this.id = row.id;
    this.changes = row.changes;
    this.rev = row.rev;
    this.floor = { seq: row.floor_seq, n: row.floor_n };
    this.emptiedSeq = row.emptied_seq;
    this.projected = row.projected;
    this.directPermission = {
      blocked: row.blocked === 1,
      friends: row.friends === 1,
      friendsOnly: row.friends_only === 1,
    };
    this.firstSender = row.first_sender;
    this.answered = row.answered === 1;
    this.answeredIsProjected = row.answered_projected === 1;
    this.dissolvedAt = row.dissolved_at;
    this.profile = {
      kind: row.kind,
      name: row.name,
      avatar: row.avatar,
      introduction: row.introduction,
      announcement: row.announcement,
      joinPolicy: row.join_policy,
      discoverable: row.discoverable === null ? null : row.discoverable === 1,
      threads: row.threads_off === 0,
      linkPreviews: row.link_previews_off === 0,
      policy: row.policy,
      ownerId: row.owner_id,
      createdAt: row.created_at,
      handle: row.handle,
      muteAll: row.mute_all === 1,
      slowModeS: row.slow_mode_s,
      viewers: row.viewers,
      maxMembers: row.max_members,
      customFields: CustomFields.parse(JSON.parse(row.custom_fields)),
      metadata: row.metadata,
      history: row.history === null ? null : row.history === 1,
      mayLeave: row.may_leave === 1,
      retentionDays: row.retention_days,
      legalHold: row.legal_hold === 1,
      spaceId: row.space_id,
      version: row.version,
      changedAt: row.changed_at ?? row.created_at,
    };
  }

  /** Whether one of the two users of a direct conversation blocks the other. False in a group. */
  get isBlocked(): boolean {
    return this.directPermission.blocked;
  }

  /** Stores who wrote the first message of a direct conversation. */
  setFirstSender(userId: UserId): void {
    this.#sql.exec("UPDATE conversation SET first_sender = ?", userId);
    this.firstSender = userId;
  }

  /** Stores that both users of a direct conversation have written. */
  setAnswered(): void {
    this.#sql.exec("UPDATE conversation SET answered = 1");
    this.answered = true;
  }

  /** Stores that D1 has taken `answered`. */
  setAnsweredProjected(): void {
    this.#sql.exec("UPDATE conversation SET answered_projected = 1");
    this.answeredIsProjected = true;
  }

  /** Raises the counters. */
  raise(tx: Transaction, { changes = 0, revs = 0 }: { changes?: number; revs?: number }): void {
    this.#sql.exec("UPDATE conversation SET changes = changes + ?, rev = rev + ?", changes, revs);
    tx.after(() => {
      this.changes += changes;
      this.rev += revs;
    });
  }

  /** Stores the direct permission as D1 has it. @returns whether it differs from the previous one */
  setDirectPermission(tx: Transaction, { blocked, friends }: DirectPermissionState): boolean {
    if (blocked === this.directPermission.blocked && friends === this.directPermission.friends) return false;
    this.#sql.exec("UPDATE conversation SET blocked = ?, friends = ?", Number(blocked), Number(friends));
    tx.after(() => {
      // `friendsOnly` is fixed at creation.
      this.directPermission = { ...this.directPermission, blocked, friends };
    });
    return true;
  }

  /** Stores the profile and the dissolution. */
  setShared(tx: Transaction, { profile, dissolvedAt }: SharedState): void {
    this.#sql.exec(
      `UPDATE conversation SET name = ?, avatar = ?, introduction = ?, announcement = ?, join_policy = ?,
         discoverable = ?, threads_off = ?, link_previews_off = ?, owner_id = ?, mute_all = ?,
         custom_fields = ?, metadata = ?, history = ?, may_leave = ?, retention_days = ?, legal_hold = ?,
         slow_mode_s = ?, viewers = ?,
         changed_at = ?, dissolved_at = ?, version = ?`,
      profile.name,
      profile.avatar,
      profile.introduction,
      profile.announcement,
      profile.joinPolicy,
      profile.discoverable === null ? null : Number(profile.discoverable),
      Number(!profile.threads),
      Number(!profile.linkPreviews),
      profile.ownerId,
      Number(profile.muteAll),
      JSON.stringify(profile.customFields),
      profile.metadata,
      profile.history === null ? null : Number(profile.history),
      Number(profile.mayLeave),
      profile.retentionDays,
      Number(profile.legalHold),
      profile.slowModeS,
      profile.viewers,
      profile.changedAt,
      dissolvedAt,
      profile.version,
    );
    tx.after(() => {
      this.profile = profile;
      this.dissolvedAt = dissolvedAt;
    });
  }

  /** Stores up to where messages have expired. */
  setFloor(tx: Transaction, floor: Floor): void {
    this.#sql.exec("UPDATE conversation SET floor_seq = ?, floor_n = ?", floor.seq, floor.n);
    tx.after(() => {
      this.floor = floor;
    });
  }

  /** Stores up to where expired messages are empty. */
  setEmptied(tx: Transaction, seq: Position): void {
    this.#sql.exec("UPDATE conversation SET emptied_seq = ?", seq);
    tx.after(() => {
      this.emptiedSeq = seq;
    });
  }

  /** Stores the profile's version that D1 has. */
  setProjected(version: number): void {
    this.#sql.exec("UPDATE conversation SET projected = ?", version);
    this.projected = version;
  }
}
