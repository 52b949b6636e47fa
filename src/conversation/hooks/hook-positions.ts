import { z } from "zod";
import { TapId } from "../../domain/bots/tap.ts";
import { Position } from "../../domain/ids.ts";
import type { CreatedConversation } from "../../domain/ports.ts";
import { HookId } from "../../domain/server/hook.ts";

/** How far a hook was told of this conversation. */
export interface HookPosition {
  /** of every message up to this one */
  seq: Position;
  /** of every change up to this one */
  rev: number;
  /** of this version of the profile */
  version: number;
  /** it was not told of the creation yet */
  isNew: boolean;
  /** of every tap up to this one; `""`: of none */
  tap: TapId | "";
}

/** A position that was reached at a time (ms since 1970). */
const Mark = z.object({ at: z.int(), rev: z.int(), version: z.int() });
type Mark = z.infer<typeof Mark>;
const Marks = z.array(Mark);

/** What a conversation knows of a hook. */
export interface KnownHook extends HookPosition {
  id: HookId;
  /** how often the next event has failed; 0: it was not tried */
  tries: number;
  /** the hook is not active: nothing is told until it is */
  isPaused: boolean;
  /** it is asked before a message is stored, and told of nothing */
  isGate: boolean;
  /** where a replay begins: former positions, the oldest first */
  marks: readonly Mark[];
}

/** A row for each hook that is told of the conversation. */
export const HOOKS_TABLE = `
  CREATE TABLE hooks (
    hook_id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    version INTEGER NOT NULL,
    is_new INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    paused INTEGER NOT NULL DEFAULT 0,
    is_gate INTEGER NOT NULL DEFAULT 0,
    marks TEXT NOT NULL DEFAULT '[]'
  ) STRICT, WITHOUT ROWID;
`;

/** Up to which tap a hook was told of taps. */
export const HOOK_TAP_COLUMN = "ALTER TABLE hooks ADD COLUMN tap TEXT NOT NULL DEFAULT '';";

type Row = {
  hook_id: string;
  seq: number;
  rev: number;
  version: number;
  is_new: number;
  tries: number;
  paused: number;
  is_gate: number;
  marks: string;
  tap: string;
};

/** A mark is at least so old (ms) when the next one is set, and so many are kept: of four days. */
const MARK_EVERY_MS = 60 * 60_000;
const MAX_MARKS = 100;

/** The hooks that are told of a conversation, in SQLite and in memory. */
export class HookPositions {
  readonly #sql: SqlStorage;
  readonly #hooks: Map<HookId, KnownHook>;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    const rows = sql.exec<Row>("SELECT * FROM hooks").toArray().map(readRow);
    this.#hooks = new Map(rows.map((hook) => [hook.id, hook]));
  }

  /** Stores hooks that are there when a conversation is made. */
  static storeFirst(sql: SqlStorage, hooks: CreatedConversation["hooks"]): void {
    const insert =
      "INSERT INTO hooks (hook_id, seq, rev, version, is_new, is_gate) VALUES (?, 0, 0, 0, 1, ?)";
    for (const { id, isGate } of hooks) sql.exec(insert, id, Number(isGate));
  }

  all(): Iterable<KnownHook> {
    return this.#hooks.values();
  }

  /** The hook that is asked before a message is stored; null: none is. */
  get gate(): HookId | null {
    for (const hook of this.#hooks.values()) if (hook.isGate) return hook.id;
    return null;
  }

  get(id: HookId): KnownHook | undefined {
    return this.#hooks.get(id);
  }

  store(hook: KnownHook): void {
    const { id, seq, rev, version, isNew, tries, isPaused, isGate, marks, tap } = hook;
    this.#sql.exec(
      `INSERT OR REPLACE INTO hooks (hook_id, seq, rev, version, is_new, tries, paused, is_gate, marks, tap)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[
        id,
        seq,
        rev,
        version,
        Number(isNew),
        tries,
        Number(isPaused),
        Number(isGate),
        JSON.stringify(marks),
        tap,
      ],
    );
    this.#hooks.set(id, hook);
  }

  delete(id: HookId): void {
    this.#sql.exec("DELETE FROM hooks WHERE hook_id = ?", id);
    this.#hooks.delete(id);
  }
}

function readRow({ hook_id, seq, rev, version, is_new, tries, paused, is_gate, marks, tap }: Row): KnownHook {
  return {
    ...{ id: HookId.parse(hook_id), seq: Position.parse(seq), rev, version, tries },
    isNew: is_new === 1,
    isPaused: paused === 1,
    isGate: is_gate === 1,
    marks: Marks.parse(JSON.parse(marks)),
    tap: tap === "" ? tap : TapId.parse(tap),
  };
}

/** The marks of a hook that is at a position now. */
export function marksAt({ marks, rev, version }: KnownHook, now: number): readonly Mark[] {
  const newest = marks.at(-1);
  if (newest && now - newest.at < MARK_EVERY_MS) return marks;
  return [...marks, { at: now, rev, version }].slice(-MAX_MARKS);
}

/** Where changes are told anew of what came since a time (ms): perhaps an hour before it. */
export function markBefore({ marks, rev, version }: KnownHook, since: number): Omit<Mark, "at"> {
  return marks.findLast(({ at }) => at <= since) ?? marks[0] ?? { rev, version };
}
