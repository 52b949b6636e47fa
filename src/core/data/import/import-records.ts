import type { ExportRecord } from "../../../domain/data/records.ts";
import type { ServerKeyId } from "../../../domain/server/server-key.ts";
import type { Core } from "../../context.ts";
import { importConversations } from "./conversations.ts";
import { importAvatars, importFiles } from "./files.ts";
import type { ImportReport } from "./import-report.ts";
import { Known } from "./known.ts";
import { importLeavings, importMembers, importReads } from "./members.ts";
import { importMessages } from "./messages.ts";
import type { ImportRun, Line } from "./run.ts";
import { importCategories, importRoles, importSpaceMembers, importSpaces } from "./spaces.ts";
import { importUsers } from "./users.ts";

/**
 * Stores records of a file: users, files, spaces, their roles, categories and members, conversations,
 * messages, members, reads, in this order, whatever that of the lines is. Idempotent by external ids: what is
 * there stays, but for messages that differ. A record that cannot be stored is reported, and keeps no other.
 * A call that breaks off is completed by its repeat.
 * @param by the key
 * @param report what became of each is added to it
 */
export async function importRecords(
  core: Core,
  by: ServerKeyId,
  lines: readonly Line[],
  report: ImportReport,
): Promise<void> {
  const run: ImportRun = { core, by, report, known: new Known(core.db), roles: new Map(), closed: new Map() };
  const of = <Of>(pick: (record: ExportRecord) => Of | null): Line<Of>[] =>
    lines.flatMap(({ line, record }) => {
      const picked = pick(record);
      return picked === null ? [] : [{ line, record: picked }];
    });
  const users = of((record) => (record.type === "user" ? record.user : null));
  await importUsers(run, users);
  await importFiles(
    run,
    of((record) => (record.type === "file" ? record.file : null)),
  );
  await importAvatars(run, users);
  await importSpaces(
    run,
    of((record) => (record.type === "space" ? record.space : null)),
  );
  await importRoles(
    run,
    of((record) => (record.type === "role" ? record.role : null)),
  );
  await importCategories(
    run,
    of((record) => (record.type === "category" ? record.category : null)),
  );
  await importSpaceMembers(
    run,
    of((record) => (record.type === "space_member" ? record.space_member : null)),
  );
  await importConversations(
    run,
    of((record) => (record.type === "conversation" ? record.conversation : null)),
  );
  const messages = of((record) => (record.type === "message" ? record.message : null));
  const members = of((record) => (record.type === "member" ? record.member : null));
  await importLeavings(run, members, new Set(messages.map(({ record }) => record.conversation)));
  await importMessages(run, messages);
  await importMembers(run, members);
  await importReads(
    run,
    of((record) => (record.type === "read" ? record.read : null)),
  );
}
