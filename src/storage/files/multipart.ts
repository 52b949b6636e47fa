import { type ResumableUpload, r2PartNumber, type StoredPart } from "../../domain/files/resumable-upload.ts";
import type { FileKey } from "../../domain/ids.ts";
import { deleteBlobs, fromR2, sendStream } from "./blobs.ts";

/** The multipart uploads of R2, which outlive a request. Every R2 call is awaited through `fromR2`. */

/** A multipart upload by its names. */
type Multipart = Pick<ResumableUpload, "key" | "r2UploadId">;

/** Begins a multipart upload. @returns its id. @throws `unavailable` */
export async function createMultipart(bucket: R2Bucket, key: FileKey, contentType: string): Promise<string> {
  const options = { httpMetadata: { contentType } };
  const { uploadId } = await fromR2(bucket.createMultipartUpload(key, options));
  return uploadId;
}

/**
 * Streams the bytes of one attempt to send a part.
 * @param size bytes, exactly
 * @returns R2's tag of the bytes
 * @throws `unavailable`, also if R2 does not know the upload any more; and the errors of `bytes`
 */
export async function putPart(
  bucket: R2Bucket,
  upload: Multipart,
  place: { part: number; attempt: number; size: number },
  bytes: AsyncIterable<Uint8Array>,
): Promise<string> {
  const multipart = resume(bucket, upload);
  const number = r2PartNumber(place);
  const { etag } = await sendStream(bytes, place.size, (stream) => multipart.uploadPart(number, stream));
  return etag;
}

/**
 * Joins parts to the object of the upload's key. Idempotent.
 * @throws `unavailable`
 */
export async function assemble(bucket: R2Bucket, upload: Multipart, parts: StoredPart[]): Promise<void> {
  const named = parts.map(({ part, stored, etag }) => ({
    partNumber: r2PartNumber({ part, attempt: stored }),
    etag,
  }));
  const completing = resume(bucket, upload).complete(named);
  const [outcome] = await Promise.allSettled([completing]);
  // R2 completes an upload once. Whether it was this one is seen by the object: its key is in no other use.
  if (outcome.status === "rejected" && (await fromR2(bucket.head(upload.key)))) return;
  await fromR2(completing);
}

/**
 * Deletes all that R2 has of an upload. Idempotent.
 * @throws `unavailable`
 */
export async function discardMultipart(bucket: R2Bucket, upload: Multipart): Promise<void> {
  // Before the object: a multipart upload that is aborted cannot become one any more.
  const aborting = resume(bucket, upload).abort();
  const [outcome] = await Promise.allSettled([aborting]);
  if (outcome.status === "rejected" && !isUnknownUpload(outcome.reason)) await fromR2(aborting);
  await deleteBlobs(bucket, [upload.key]);
}

function resume(bucket: R2Bucket, { key, r2UploadId }: Multipart): R2MultipartUpload {
  return bucket.resumeMultipartUpload(key, r2UploadId);
}

/**
 * Whether R2 says that an upload is complete or aborted already: its error NoSuchUpload, 10024. The errors of
 * a binding have no field for the code: the end of the message is where R2 documents it.
 * @see https://developers.cloudflare.com/r2/api/error-codes/
 */
function isUnknownUpload(error: unknown): boolean {
  return error instanceof Error && error.message.endsWith("(10024)");
}
