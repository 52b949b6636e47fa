import { CoreError } from "../../domain/errors.ts";
import type { ByteRange } from "../../domain/files/file.ts";
import { FileKey } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import { PartBuffer } from "./part-buffer.ts";

/** The bytes of files, in R2. Every call of R2 is awaited through `fromR2`. */

/**
 * Stores bytes as they come in, holding a few of them at a time: none where their number is known, else
 * 5 MiB, the least that R2 takes as a part. Where it throws, what came is not readable under the key, but
 * for bytes that are wrong only behind the last one: delete the key then.
 * @throws `unavailable`, and what the bytes throw
 */
export async function putBlob(
  bucket: R2Bucket,
  key: FileKey,
  bytes: AsyncIterable<Uint8Array>,
  { size, contentType }: { size: number | undefined; contentType: string },
  timing: Timing["partBuffer"],
): Promise<void> {
  const options = { httpMetadata: { contentType } };
  await (size === undefined
    ? putParts(bucket, key, bytes, options, timing)
    : putStream(bucket, key, bytes, size, options));
}

/** The bytes under a key, or some of them; null if there are none. @throws `unavailable` */
export async function readBlob(
  bucket: R2Bucket,
  key: FileKey,
  range?: ByteRange,
): Promise<ReadableStream | null> {
  const found = await fromR2(bucket.get(key, range && { range }));
  return found?.body ?? null;
}

/** Deletes up to 1,000 keys; one that is not there is no error. @throws `unavailable` */
export async function deleteBlobs(bucket: R2Bucket, keys: FileKey[]): Promise<void> {
  if (keys.length > 0) await fromR2(bucket.delete(keys));
}

/** What is stored under a key, without its bytes. */
export interface Blob {
  key: FileKey;
  /** milliseconds since 1970 */
  uploadedAt: number;
}

/** The keys of files that begin with this, in pages of up to 1,000. @throws `unavailable` */
export async function* listBlobs(bucket: R2Bucket, prefix: string): AsyncGenerator<Blob[]> {
  let cursor: string | undefined;
  do {
    const page = await fromR2(bucket.list({ prefix, ...(cursor !== undefined && { cursor }) }));
    yield page.objects.flatMap(({ key, uploaded }) => {
      const parsed = FileKey.safeParse(key);
      return parsed.success ? [{ key: parsed.data, uploadedAt: uploaded.getTime() }] : [];
    });
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

/** Hands on so many bytes as they come: R2 wants to know their number before the first. */
async function putStream(
  bucket: R2Bucket,
  key: FileKey,
  bytes: AsyncIterable<Uint8Array>,
  size: number,
  options: R2PutOptions,
): Promise<void> {
  const { readable, writable } = new FixedLengthStream(size);
  const put = bucket.put(key, readable, options);
  const [fed] = await Promise.allSettled([feed(writable, bytes), put]);
  // Where the bytes failed, R2 fails for that reason; where R2 failed, so did the writing.
  if (fed.status === "rejected" && fed.reason instanceof CoreError) throw fed.reason;
  await fromR2(put);
  if (fed.status === "rejected") throw fed.reason;
}

async function feed(writable: WritableStream<Uint8Array>, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const writer = writable.getWriter();
  try {
    for await (const chunk of bytes) await writer.write(chunk);
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    throw error;
  }
}

/** Gathers parts of 5 MiB: R2 takes no stream of unknown length. What is smaller goes as a whole. */
async function putParts(
  bucket: R2Bucket,
  key: FileKey,
  bytes: AsyncIterable<Uint8Array>,
  options: R2PutOptions & R2MultipartOptions,
  timing: Timing["partBuffer"],
): Promise<void> {
  using buffer = new PartBuffer(timing);
  let upload: R2MultipartUpload | undefined;
  const parts: R2UploadedPart[] = [];
  try {
    for await (const chunk of bytes) {
      for (let rest = await buffer.add(chunk); rest.byteLength > 0; rest = await buffer.add(rest)) {
        upload ??= await fromR2(bucket.createMultipartUpload(key, options));
        parts.push(await fromR2(upload.uploadPart(parts.length + 1, buffer.take())));
      }
    }
    const last = buffer.take();
    if (!upload) {
      await fromR2(bucket.put(key, last, options));
      return;
    }
    parts.push(await fromR2(upload.uploadPart(parts.length + 1, last)));
    await fromR2(upload.complete(parts));
  } catch (error) {
    // One that is not aborted here is aborted by R2 after seven days.
    await upload?.abort().catch(() => undefined);
    throw error;
  }
}

/** What R2 throws of itself is that it cannot be reached or did not finish; a wrong call is a TypeError. */
async function fromR2<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    log("warn", "files_unavailable", { message: error.message });
    throw new CoreError("unavailable", "Files cannot be reached right now. Try again.", { retryAfter: 1 });
  }
}
