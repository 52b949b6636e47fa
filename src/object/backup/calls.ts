import type { ObjectRows, TablePlace } from "../../domain/backup/parts.ts";
import { callsOf, effect } from "../calls/object-call.ts";
import { WEIGHTS } from "../user-budgets.ts";
import type { ObjectBackup } from "./object-backup.ts";

/** An object whose rows are copied and loaded. */
export interface BackedUp {
  readonly backup: ObjectBackup;
  /** Begins to answer, once all rows are loaded. May be repeated; nothing happens where none were. */
  endRestore(): Promise<void>;
}

const { repeatable } = callsOf<BackedUp>();
const { unweighed } = WEIGHTS;

/** The calls by which objects are backed up and restored. They work on an object as it is stored. */
export const BACKUP_CALLS = {
  /** @see ObjectBackup.tables */
  copyTables: repeatable(unweighed, ({ backup }, { place }: { place: TablePlace | null }) =>
    backup.tables(place),
  ),

  /** @see ObjectBackup.load */
  loadRows: effect(
    repeatable(unweighed, ({ backup }, rows: Omit<ObjectRows, "kind" | "id">) => backup.load(rows)),
  ),

  /** @see BackedUp.endRestore */
  finishRestore: effect(repeatable(unweighed, (object, _: object) => object.endRestore())),
};

/** How `serveCalls` treats them: they are charged to nobody, and load nothing. */
export const BACKUP_HOST = {
  charge: () => null,
  load: async <Target extends BackedUp>(object: Target) => object,
  isStored: () => true,
};
