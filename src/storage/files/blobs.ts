import { CoreError } from "../../domain/errors.ts";
import type { ByteRange } from "../../domain/files/file.ts";
import { blobKeys, fileOfBlob } from "../../domain/files/thumbnail.ts";
import type { FileKey, UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import { PartBuffer } from "./part-buffer.ts";

/** The bytes of files, in R2. Every R2 call is awaited through `fromR2`. */

/**
 * Stores bytes as a stream. With a known size nothing is buffered, else one part of 5 MiB: the minimum size
 * of an R2 multipart part. If this throws, nothing is readable under the key, with one exception: `bytes`
 * that throw after their last chunk may leave a complete object, so the caller deletes the key.
 * @param about `size`: bytes; undefined: not known before the end. `userId`: the user who uploads.
 *   `sha256`: other bytes of this size are not stored
 * @throws `unavailable`, and the errors of `bytes`; `rate_limited` while other uploads of the user go on
 */
export async function putBlob(
  bucket: R2Bucket,
  key: FileKey,
  bytes: AsyncIterable<Uint8Array>,
  {
    userId,
    size,
    contentType,
    sha256,
  }: { userId: UserId; size: number | undefined; contentType: string; sha256?: string },
  timing: Timing["partBuffer"],
): Promise<void> {
  const options = { httpMetadata: { contentType } };
  const checked = { ...options, ...(sha256 !== undefined && { sha256 }) };
  await (size === undefined
    ? putParts(bucket, key, bytes, options, new PartBuffer(userId, timing))
    : sendStream(bytes, size, (stream) => bucket.put(key, stream, checked)));
}

/**
 * The bytes under a key, or a range of them; null if the key does not exist.
 * @throws `unavailable`
 */
export async function readBlob(
  bucket: R2Bucket,
  key: FileKey,
  range?: ByteRange,
): Promise<ReadableStream | null> {
  const found = await fromR2(bucket.get(key, range && { range }));
  return found?.body ?? null;
}

/** R2 deletes so many objects in one call. */
const DELETED_AT_ONCE = 1_000;

/**
 * Deletes files with their thumbnails. A key that does not exist is no error.
 * @throws `unavailable`
 */
export async function deleteBlobs(bucket: R2Bucket, keys: FileKey[]): Promise<void> {
  const all = keys.flatMap(blobKeys);
  for (let from = 0; from < all.length; from += DELETED_AT_ONCE)
    await fromR2(bucket.delete(all.slice(from, from + DELETED_AT_ONCE)));
}

/** An object in R2, without its bytes: those of a file, or a thumbnail. */
export interface Blob {
  /** of the file */
  key: FileKey;
  /** milliseconds since 1970 */
  uploadedAt: number;
}

/**
 * The objects whose keys begin with a prefix, in pages of up to 1,000: files and thumbnails. Other keys are
 * left out.
 * @throws `unavailable`
 */
export async function* listBlobs(bucket: R2Bucket, prefix: string): AsyncGenerator<Blob[]> {
  let cursor: string | undefined;
  do {
    const page = await fromR2(bucket.list({ prefix, ...(cursor !== undefined && { cursor }) }));
    yield page.objects.flatMap(({ key, uploaded }) => {
      const file = fileOfBlob(key);
      return file === null ? [] : [{ key: file, uploadedAt: uploaded.getTime() }];
    });
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

/**
 * Streams exactly `size` bytes to R2, which needs the length of a stream in advance.
 * @param send hands the stream to R2
 * @throws `unavailable`, and the errors of `bytes`
 */
export async function sendStream<Sent>(
  bytes: AsyncIterable<Uint8Array>,
  size: number,
  send: (stream: ReadableStream<Uint8Array>) => Promise<Sent>,
): Promise<Sent> {
  const { readable, writable } = new FixedLengthStream(size);
  const sending = send(readable);
  // R2 may fail before it reads: nobody would take the bytes, and the writing would wait for ever.
  sending.catch(() => readable.cancel()).catch(() => undefined);
  const [feeding] = await Promise.allSettled([feed(writable, bytes), sending]);
  // An error of the bytes makes the put fail, too, and an error of the put makes the writing fail: the cause
  // wins.
  if (feeding.status === "rejected" && feeding.reason instanceof CoreError) throw feeding.reason;
  const sent = await fromR2(sending);
  if (feeding.status === "rejected") throw feeding.reason;
  return sent;
}

/** Writes all bytes to a stream and closes it. An error of the bytes aborts the stream. */
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

/**
 * Buffers parts of 5 MiB, since R2 takes no stream of unknown length. A smaller file is stored by a single
 * put.
 */
async function putParts(
  bucket: R2Bucket,
  key: FileKey,
  bytes: AsyncIterable<Uint8Array>,
  options: R2PutOptions & R2MultipartOptions,
  partBuffer: PartBuffer,
): Promise<void> {
  using buffer = partBuffer;
  let upload: R2MultipartUpload | undefined;
  const parts: R2UploadedPart[] = [];
  try {
    for await (const chunk of bytes) {
      for (
        let remaining = await buffer.add(chunk);
        remaining.byteLength > 0;
        remaining = await buffer.add(remaining)
      ) {
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
    // An upload that is not aborted here is aborted by R2 after seven days.
    await upload?.abort().catch(() => undefined);
    throw error;
  }
}

/**
 * Awaits an R2 call.
 * @throws `unavailable` if R2 could not be reached or did not finish. A TypeError is a wrong call, and thrown
 *   as it is.
 */
export async function fromR2<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    log("warn", "files_unavailable", { message: error.message });
    throw new CoreError("unavailable", "Files cannot be reached right now. Try again.", { retryAfter: 1 });
  }
}
