import type { Api } from "../api/api.ts";
import type { UploadedFile } from "../types.ts";
import { inTurn, sender } from "./transfer.ts";

/** A larger file is uploaded in parts, in bytes. */
const MAX_WHOLE = 5_242_880;

/** How a file is uploaded. */
export interface UploadOptions {
  /**
   * the name of the upload, 1 to 64 characters: a later call with it and the same file goes on where this
   * one ended
   */
  id?: string;
  /** whether a photograph keeps what it tells besides its pixels, such as its place */
  keepMetadata?: boolean;
  /** hears of the part that is uploaded, from 0 to 1 by hundredths */
  onProgress?: (part: number) => void;
  /** cancels the upload: the server deletes what it has of it */
  signal?: AbortSignal;
}

/**
 * Uploads a file: up to 5 MiB in one call, a larger one in parts. Its name is that of a `File`, else `file`.
 * @returns the file; its `url` goes into the body of a message
 * @throws {Problem} the upload was refused, and the server has nothing of it any more; or it may go on later:
 *   too many calls, a fault of the server, or no answer
 */
export async function upload(
  api: Api,
  file: Blob,
  {
    id: client_upload_id = crypto.randomUUID(),
    keepMetadata = false,
    onProgress,
    signal = new AbortController().signal,
  }: UploadOptions = {},
): Promise<UploadedFile> {
  const { size, type } = file;
  const { name = "file" }: Partial<File> = file;
  const kept = keepMetadata ? "?keep_metadata=true" : "";
  let told = -1;
  const report = (bytes: number) => {
    const progress = Math.floor((100 * bytes) / size);
    if (progress > told) {
      told = progress;
      onProgress?.(progress / 100);
    }
  };
  /** bytes of the parts that are there */
  let done = 0;
  const send = (method: "post" | "put", address: string, body: Blob) =>
    api.request<UploadedFile>(method, address, {
      ...{ signal, retry: true },
      send: sender(body, signal, (count) => report(done + count)),
    });

  if (size <= MAX_WHOLE) {
    const whole = await inTurn(() =>
      send(
        "post",
        `/v1/files?${new URLSearchParams({ name, ...(keepMetadata && { keep_metadata: "true" }) })}`,
        file,
      ),
    );
    report(size);
    return whole;
  }

  // The signal does not end this call: what the server has begun by then would stay.
  const body = { client_upload_id, name, size, ...(type && { content_type: type }) };
  const started = await api.call("post", "/v1/files/uploads", { body }, { retry: true });
  const { part_size, part_count, parts } = started;
  const address = `/v1/files/uploads/${started.id}`;
  let isOver = false;
  const sendPart = async (part: number) => {
    if (isOver) return;
    const bytes = file.slice((part - 1) * part_size, part * part_size);
    const known = parts.find((one) => one.part === part);
    if (!known || known.sha256 !== (await sha256(bytes)))
      await send("put", `${address}/parts/${part}${kept}`, bytes);
    done += bytes.size;
    report(done);
  };
  try {
    if (started.file) return started.file;
    await Promise.all(Array.from({ length: part_count }, (_, i) => inTurn(() => sendPart(i + 1))));
    return await api.request("post", `${address}/complete`, { signal, retry: true });
  } catch (error) {
    isOver = true;
    if (!isTemporary(error)) {
      const deleted = api.request("delete", address, { retry: true }).catch(() => {});
      // An upload of the same name begins anew then.
      if (!signal.aborted) await deleted;
    }
    throw error;
  }
}

/** Whether an upload may go on later: no answer, too many calls, a fault of the server or of a proxy. */
export function isTemporary(error: unknown): boolean {
  const { status } = Object(error);
  return status === 0 || status === 429 || status >= 500;
}

/** Of bytes, in hexadecimal digits. */
async function sha256(bytes: Blob): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", await bytes.arrayBuffer());
  return Array.from(new Uint8Array(hash), (one) => (256 + one).toString(16).slice(1)).join("");
}
