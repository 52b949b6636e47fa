import { CoreError, invalid } from "../../../domain/errors.ts";
import type { Upload } from "../../../domain/files/file.ts";
import type { FileKey } from "../../../domain/ids.ts";
import {
  findWantedFiles,
  isImportedHash,
  publishImportedFile,
} from "../../../storage/data/imported-files.ts";
import { putBlob, readBlob } from "../../../storage/files/blobs.ts";
import type { Core } from "../../context.ts";
import { boundedBytes } from "../../files/bounded-bytes.ts";
import { Measure } from "../../files/measure.ts";

/**
 * Stores the bytes of imported files: of all that have this hash. Idempotent.
 * @returns whether any file had waited for them
 * @throws `not_found` for a hash that no file record has; `validation_failed` for bytes with another hash,
 *   `too_large` over `MAX_UPLOAD_MIB`; `unavailable`
 */
export async function storeImportedFile(
  core: Core,
  sha256: string,
  { size, bytes }: Pick<Upload, "size" | "bytes">,
): Promise<boolean> {
  const wanted = await findWantedFiles(core.db, sha256);
  const [first, ...others] = wanted;
  if (!first) {
    if (await isImportedHash(core.db, sha256)) return false;
    throw new CoreError("not_found", "No file record has this hash: import the record first.");
  }
  const measure = new Measure();
  const bounded = boundedBytes(bytes, core.settings.maxUploadBytes);
  const about = { userId: first.userId, size, contentType: first.contentType, sha256 };
  // Another call may have stored the file meanwhile: a failure deletes and replaces nothing.
  const checked = checkedBytes(measure, bounded, sha256);
  await putBlob(core.files, first.key, checked, about, core.timing.partBuffer);
  const found = measure.result();
  for (const other of others) await copyBlob(core, first.key, other, found.size);
  for (const { externalId: _, ...file } of wanted)
    await publishImportedFile(core.db, { ...file, ...found, expiresAt: null });
  return true;
}

async function copyBlob(
  core: Core,
  from: FileKey,
  { key, userId, contentType }: Awaited<ReturnType<typeof findWantedFiles>>[number],
  size: number,
): Promise<void> {
  const stream = await readBlob(core.files, from);
  if (!stream) throw new CoreError("unavailable", "The bytes are not there yet. Send them again.");
  await putBlob(core.files, key, stream, { userId, size, contentType }, core.timing.partBuffer);
}

/** Passes bytes on. @throws `validation_failed` at their end, unless they have this hash */
async function* checkedBytes(
  measure: Measure,
  bytes: AsyncIterable<Uint8Array>,
  sha256: string,
): AsyncGenerator<Uint8Array> {
  yield* measure.through(bytes);
  const found = measure.result();
  if (found.sha256 !== sha256)
    throw invalid("body", `must have the SHA-256 of the path; it has ${found.sha256}`);
}
