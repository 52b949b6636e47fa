import type { ImportOutcome } from "../../../domain/data/portable-message.ts";
import type { FileRecord, UserRecord } from "../../../domain/data/records.ts";
import { ContentType, FileName } from "../../../domain/files/file.ts";
import { FileKey } from "../../../domain/ids.ts";
import { randomHex } from "../../../lib/random.ts";
import {
  insertImportedFiles,
  listFilesWithoutBytes,
  setMissingAvatars,
} from "../../../storage/data/imported-files.ts";
import { fileRef } from "./known.ts";
import type { ImportRun, Line } from "./run.ts";

/** Stores what files are, and reports those without bytes. */
export async function importFiles(
  { core, known, report }: ImportRun,
  lines: Line<FileRecord>[],
): Promise<void> {
  if (lines.length === 0) return;
  const { db } = core;
  const ids = lines.map(({ record }) => record.external_id);
  await known.learnUsers(lines.map(({ record }) => record.uploader));
  await known.learnFiles(ids);
  const now = Date.now();
  const added = lines.flatMap(({ line, record }) => {
    const { external_id: externalId, sha256 } = record;
    const outcome = (result: ImportOutcome) => report.note("file", { line, externalId }, result);
    const userId = known.users.get(record.uploader)?.id;
    if (known.files.has(externalId)) outcome({ result: "unchanged" });
    else if (userId === undefined)
      outcome({ result: "left_out", reason: `Its uploader has no record: ${record.uploader}.` });
    else if (sha256 === undefined)
      outcome({ result: "left_out", reason: "A file needs the `sha256` of its bytes." });
    else {
      outcome({ result: "imported" });
      const name = FileName.catch("file").parse(record.name);
      const contentType = ContentType.catch("application/octet-stream").parse(record.content_type);
      const key = FileKey.parse(randomHex());
      return [{ externalId, key, sha256, userId, name, contentType, createdAt: record.created_at ?? now }];
    }
    return [];
  });
  if (added.length > 0) await insertImportedFiles(db, added);
  await known.learnFiles(ids);
  report.filesWanted.push(...(await listFilesWithoutBytes(db, ids)));
}

/** Gives users the avatars that are files: their records come before those of the files. */
export async function importAvatars({ core, known }: ImportRun, lines: Line<UserRecord>[]): Promise<void> {
  const named = lines.flatMap(({ record }) => {
    const ref = fileRef(record.avatar);
    return ref === null ? [] : [{ ref, user: record.external_id }];
  });
  if (named.length === 0) return;
  await known.learnFiles(named.map(({ ref }) => ref));
  const list = named.flatMap((one) => {
    const avatar = known.files.get(one.ref);
    const user = known.users.get(one.user);
    return avatar !== undefined && user?.person?.avatar === "" ? [{ id: user.id, avatar }] : [];
  });
  if (list.length === 0) return;
  await setMissingAvatars(core.db, list);
  for (const { id, avatar } of list) known.setAvatar(id, avatar);
}
