import {
  type AttributesChange,
  type AttributesState,
  type GroupAttributes,
  type GroupCounters,
  requireAttributesFit,
} from "../../domain/conversations/group-data.ts";
import { CoreError, invalid, noConversation } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";
import type { Publisher } from "../room/publisher.ts";

/** The attributes of a group and its counters. The row of the key `''` has the number of the last change. */
export const ATTRIBUTES_TABLES = `
  CREATE TABLE attributes (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    version INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE counters (
    key TEXT PRIMARY KEY,
    value INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`;

/** The key of the row with the number of the last change. */
const LAST_CHANGE = "";

type AttributeRow = { key: string; value: string; version: number };
type CounterRow = { key: string; value: number };

type GroupDataChange =
  | { type: "attributes"; state: AttributesState }
  | { type: "counter"; key: string; value: number };
type Room = Pick<RoomContext, "members" | "rights" | "state" | "commit">;

/**
 * What the members of a group keep with it: attributes, and counters. Each call is one turn. Devices are told
 * of what is changed.
 */
export class GroupData {
  readonly #sql: SqlStorage;
  readonly #room: Room;
  readonly #publisher: Pick<Publisher, "tellDevices">;

  constructor(sql: SqlStorage, room: Room, publisher: Pick<Publisher, "tellDevices">) {
    this.#sql = sql;
    this.#room = room;
    this.#publisher = publisher;
  }

  /** The attributes. @throws `not_found` unless the user is a member of a group */
  attributes(userId: UserId): AttributesState {
    this.#requireMember(userId);
    return this.#state();
  }

  /**
   * Changes attributes, if nobody has since the version that the user has seen.
   * @returns the attributes after the change; a change of nothing makes no version
   * @throws `not_found` unless the user is a member of a group, `conflict` for an older version,
   *   `validation_failed` for more than a group may have
   */
  changeAttributes(userId: UserId, { set = {}, deleted = [], version }: AttributesChange): AttributesState {
    this.#requireWriter(userId);
    const before = this.#state();
    if (version !== undefined && version !== before.version)
      throw new CoreError("conflict", "The attributes were changed meanwhile: get them, and try again.");
    const isKept = (key: string) => deleted !== "all" && !deleted.includes(key);
    const kept = Object.entries(before.attributes).filter(([key]) => isKept(key));
    const after: GroupAttributes = { ...Object.fromEntries(kept), ...set };
    requireAttributesFit(after, "attributes");
    const changed = Object.entries(after).filter(([key, value]) => before.attributes[key] !== value);
    const gone = Object.keys(before.attributes).filter((key) => !Object.hasOwn(after, key));
    if (changed.length === 0 && gone.length === 0) return before;
    const next = before.version + 1;
    const state = { attributes: after, version: next };
    this.#room.commit((tx) => {
      for (const key of gone) this.#sql.exec("DELETE FROM attributes WHERE key = ?", key);
      for (const [key, value] of [...changed, [LAST_CHANGE, ""]])
        this.#sql.exec(
          "INSERT OR REPLACE INTO attributes (key, value, version) VALUES (?, ?, ?)",
          key,
          value,
          next,
        );
      tx.publish(() => this.#tell({ type: "attributes", state }, "attributes"));
    });
    return state;
  }

  /** The counters. @throws `not_found` unless the user is a member of a group */
  counters(userId: UserId): GroupCounters {
    this.#requireMember(userId);
    return this.#counters();
  }

  /**
   * Sets counters; the others stay.
   * @returns the set ones
   * @throws `not_found` unless the user is a member of a group, `validation_failed` for more than it may have
   */
  setCounters(userId: UserId, values: GroupCounters): GroupCounters {
    this.#requireWriter(userId);
    const before = this.#known(Object.keys(values));
    const changed = Object.entries(values).filter(([key, value]) => before.get(key) !== value);
    if (changed.length > 0) this.#store(changed);
    return values;
  }

  /**
   * Adds to a counter, which begins with 0.
   * @returns its value
   * @throws as `setCounters`, and for a sum that is no exact integer
   */
  addToCounter(userId: UserId, key: string, delta: number): number {
    this.#requireWriter(userId);
    const known = this.#known([key]);
    const sum = (known.get(key) ?? 0) + delta;
    if (!Number.isSafeInteger(sum)) throw invalid("value", "would make the counter too large");
    if (sum !== known.get(key)) this.#store([[key, sum]]);
    return sum;
  }

  #requireMember(userId: UserId): MemberRow {
    const member = this.#room.members.active(userId);
    if (this.#room.state.profile.kind !== "group") throw noConversation();
    return member;
  }

  /** The same, who may also write: what they change is shown to all. @throws `forbidden` in a channel */
  #requireWriter(userId: UserId): void {
    const refusal = this.#room.rights.refusal(this.#requireMember(userId), "write");
    if (refusal) throw refusal;
  }

  /** The counters, if there is room for these besides. @throws `validation_failed` if there is none */
  #known(keys: string[]): Map<string, number> {
    const known = new Map(Object.entries(this.#counters()));
    if (new Set([...known.keys(), ...keys]).size > LIMITS.groupCounters)
      throw invalid("counters", `would be more than ${LIMITS.groupCounters}`);
    return known;
  }

  #store(values: readonly [string, number][]): void {
    this.#room.commit((tx) => {
      for (const [key, value] of values) {
        this.#sql.exec("INSERT OR REPLACE INTO counters (key, value) VALUES (?, ?)", key, value);
        tx.publish(() => this.#tell({ type: "counter", key, value }, `counter ${key}`));
      }
    });
  }

  /** Tells all members' devices of the last change of a subject. */
  #tell(change: GroupDataChange, subject: string): void {
    const event = { ...change, conversationId: this.#room.state.id };
    this.#publisher.tellDevices({ event, to: { membersAnd: [] }, subject });
  }

  #state(): AttributesState {
    const rows = this.#sql.exec<AttributeRow>("SELECT * FROM attributes ORDER BY key").toArray();
    const last = rows.find(({ key }) => key === LAST_CHANGE);
    const entries = rows.filter((row) => row !== last).map(({ key, value }) => [key, value]);
    return { attributes: Object.fromEntries(entries), version: last?.version ?? 0 };
  }

  #counters(): GroupCounters {
    const rows = this.#sql.exec<CounterRow>("SELECT * FROM counters ORDER BY key").toArray();
    return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  }
}
