import type { Seq } from "../../../domain/ids.ts";
import { callsOf } from "../../../object/calls/object-call.ts";
import { WEIGHTS } from "../../../object/user-budgets.ts";
import type { ArchivedPart, ArchiveSearch, ArchiveStore } from "./archive-store.ts";

/** What the calls work on. */
interface ArchiveParts {
  readonly store: ArchiveStore;
  /** Bodies have come or gone: the index has work. */
  changed(): Promise<void>;
}

const { repeatable } = callsOf<ArchiveParts>();
const { unweighed } = WEIGHTS;

/** The calls that a conversation makes to its archives. */
export const ARCHIVE_CALLS = {
  /** @see ArchiveStore.put */
  putBodies: repeatable(unweighed, async (archive, part: ArchivedPart) => {
    const bytes = archive.store.put(part);
    await archive.changed();
    return bytes;
  }),

  /** @see ArchiveStore.read */
  readBodies: repeatable(unweighed, ({ store }, { seqs }: { seqs: readonly Seq[] }) => store.read(seqs)),

  /** @see ArchiveStore.search */
  searchBodies: repeatable(unweighed, ({ store }, search: ArchiveSearch) => store.search(search)),
};
