import { CoreError } from "../../domain/errors.ts";
import type { SessionId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import {
  type PushContent,
  PushDeviceId,
  type PushRegistration,
  PushTarget,
  type ShownPushDevice,
} from "../../domain/push/device.ts";

/**
 * The push devices of the user.
 * - `session_until`: until when the session is known to last (ms); 0: D1 was not asked yet.
 * - `paused_until`: its push service did not take a push, or did not answer (ms; 0: it did).
 * - `failures`: of how many pushes in a row that holds.
 */
export const PUSH_DEVICES_TABLE = `
  CREATE TABLE push_devices (
    device_id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    session_until INTEGER NOT NULL DEFAULT 0,
    target TEXT NOT NULL,
    content TEXT NOT NULL,
    language TEXT,
    created_at INTEGER NOT NULL,
    paused_until INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;`;

type DeviceRow = {
  device_id: string;
  session_id: SessionId;
  session_until: number;
  target: string;
  content: PushContent;
  language: string | null;
  created_at: number;
  paused_until: number;
  failures: number;
};

/** A push device as it is stored. */
export interface PushDevice extends PushRegistration {
  sessionId: SessionId;
  sessionUntil: number;
  createdAt: number;
  pausedUntil: number;
  failures: number;
}

/** The push devices of a user, in storage and in memory. A device ends with the session that registered it */
export class PushDevices {
  readonly #sql: SqlStorage;
  readonly #devices = new Map<PushDeviceId, PushDevice>();

  /** Loads the devices; the table exists. */
  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const row of sql.exec<DeviceRow>("SELECT * FROM push_devices")) {
      const { content, language, failures } = row;
      const id = PushDeviceId.parse(row.device_id);
      this.#devices.set(id, {
        ...{ id, content, language, failures },
        target: PushTarget.parse(JSON.parse(row.target)),
        ...{ sessionId: row.session_id, sessionUntil: row.session_until },
        ...{ createdAt: row.created_at, pausedUntil: row.paused_until },
      });
    }
  }

  get isEmpty(): boolean {
    return this.#devices.size === 0;
  }

  /** When the device that is here longest was registered (ms since 1970); Infinity: there is none. */
  get since(): number {
    return Math.min(...this.all().map(({ createdAt }) => createdAt));
  }

  all(): PushDevice[] {
    return [...this.#devices.values()];
  }

  get(id: PushDeviceId): PushDevice | undefined {
    return this.#devices.get(id);
  }

  /** The devices as their user is shown them, the newest first. */
  shown(): ShownPushDevice[] {
    const shown = this.all().map(({ id, target, content, language, createdAt }) => {
      return { id, kind: target.kind, content, language, createdAt };
    });
    return shown.sort((one, other) => other.createdAt - one.createdAt);
  }

  /**
   * Registers a device, or changes it. Another device of the same target goes: its client has another id now.
   * @returns the devices of which nothing may be kept: those that went, and one with another target than
   *   before
   * @throws `conflict` for one more than 10
   */
  put(registration: PushRegistration, sessionId: SessionId): PushDeviceId[] {
    const { id } = registration;
    const target = JSON.stringify(registration.target);
    const same = this.all().filter((device) => isSame(device, registration));
    const twins = same.filter((device) => device.id !== id).map((device) => device.id);
    const known = this.#devices.get(id);
    if (!known && this.#devices.size - twins.length >= LIMITS.pushDevices)
      throw new CoreError("conflict", `You have ${LIMITS.pushDevices} push devices. Delete one first.`);
    const isMoved = known !== undefined && !same.includes(known);
    const createdAt = known && !isMoved ? known.createdAt : Date.now();
    for (const twin of twins) this.delete(twin);
    const device = { ...registration, sessionId, createdAt, ...UNKNOWN };
    this.#sql.exec(
      `INSERT OR REPLACE INTO push_devices (device_id, session_id, target, content, language, created_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      ...[id, sessionId, target, device.content, device.language, createdAt],
    );
    this.#devices.set(id, device);
    return isMoved ? [...twins, id] : twins;
  }

  delete(id: PushDeviceId): void {
    this.#sql.exec("DELETE FROM push_devices WHERE device_id = ?", id);
    this.#devices.delete(id);
  }

  /** D1 has told until when the session of a device lasts (ms since 1970). */
  setSessionUntil(id: PushDeviceId, until: number): void {
    const device = this.#devices.get(id);
    if (!device) return;
    this.#sql.exec("UPDATE push_devices SET session_until = ? WHERE device_id = ?", until, id);
    device.sessionUntil = until;
  }

  /** Has a device rest until a time (ms since 1970); 0: its push service has taken a push. */
  pause(id: PushDeviceId, until: number, failures: number): void {
    const device = this.#devices.get(id);
    if (!device || (device.pausedUntil === until && device.failures === failures)) return;
    const sql = "UPDATE push_devices SET paused_until = ?, failures = ? WHERE device_id = ?";
    this.#sql.exec(sql, until, failures, id);
    Object.assign(device, { pausedUntil: until, failures });
  }
}

/** What is known of a device that has just been registered. */
const UNKNOWN = { sessionUntil: 0, pausedUntil: 0, failures: 0 };

/** Whether two devices are reached in the same place. */
function isSame({ target: one }: PushDevice, { target: other }: PushRegistration): boolean {
  if (one.kind === "webpush") return other.kind === "webpush" && one.endpoint === other.endpoint;
  return one.kind === other.kind && one.token === other.token;
}
