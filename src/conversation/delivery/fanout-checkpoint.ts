import { z } from "zod";
import { UserId } from "../../domain/ids.ts";

/** One row: up to where the members' inboxes were delivered to when the conversation last became quiet. */
export const FANOUT_CHECKPOINT_TABLE = `
  CREATE TABLE fanout_checkpoint (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    touched INTEGER NOT NULL,
    is_large INTEGER NOT NULL,
    served_at INTEGER NOT NULL,
    behind TEXT NOT NULL,
    rev INTEGER NOT NULL
  ) STRICT;`;

/**
 * A state of a conversation: the newest message, the number of changes for all members, and the newest change
 * for one member alone. The versions that the members' snapshots had then follow from it.
 */
export interface StateMark {
  seq: number;
  changes: number;
  touched: number;
  /** the newest announced change that devices of all members must hear of */
  rev: number;
}

export function isSameState(one: StateMark, other: StateMark): boolean {
  const isSame = one.seq === other.seq && one.changes === other.changes && one.touched === other.touched;
  return isSame && one.rev === other.rev;
}

/** Which inboxes have the update of a state. Once true it stays true, so a lost or old one does no harm. */
export interface FanoutCheckpoint extends StateMark {
  /** the members who lack that state; failed inboxes are on record elsewhere */
  behind: UserId[];
  /** whether the group was large then */
  isLarge: boolean;
  /** when the alarm last served all deferred members, in ms since 1970 */
  servedAt: number;
}

/** Where the checkpoint is stored. */
export interface CheckpointStore {
  read(): FanoutCheckpoint | null;
  save(checkpoint: FanoutCheckpoint): void;
}

type CheckpointRow = {
  seq: number;
  changes: number;
  touched: number;
  rev: number;
  is_large: number;
  served_at: number;
  /** JSON: an array of user ids */
  behind: string;
};

const Behind = z.array(UserId);

/** The row of `fanout_checkpoint`. */
export function checkpointStore(sql: SqlStorage): CheckpointStore {
  return {
    read: () => {
      const [row] = sql.exec<CheckpointRow>("SELECT * FROM fanout_checkpoint").toArray();
      if (!row) return null;
      const { seq, changes, touched, rev, is_large, served_at, behind } = row;
      const lists = { behind: Behind.parse(JSON.parse(behind)), isLarge: is_large === 1 };
      return { seq, changes, touched, rev, ...lists, servedAt: served_at };
    },
    save: ({ seq, changes, touched, rev, behind, isLarge, servedAt }) => {
      sql.exec(
        `INSERT OR REPLACE INTO fanout_checkpoint (id, seq, changes, touched, rev, is_large, served_at, behind)
         VALUES (1, ?, ?, ?, ?, ?, ?, ?)`,
        ...[seq, changes, touched, rev, isLarge ? 1 : 0, servedAt, JSON.stringify(behind)],
      );
    },
  };
}
