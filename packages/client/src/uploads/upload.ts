import type { Api } from "../api/api.ts";
import { newId } from "../new-id.ts";
import type { UploadedFile } from "../types.ts";
import type { UploadOptions } from "./options.ts";
import { isTemporary } from "./temporary.ts";
import { inTurn, sender } from "./transfer.ts";

/** A larger file is uploaded in parts, in bytes. */
const MAX_WHOLE = 5_242_880;

/** @see upload of index.ts, which loads this with the first file */
export async function upload(
  api: Api,
  file: Blob,
  {
    id: client_upload_id = newId(),
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
        `/v1/files?name=${encodeURIComponent(name)}${keepMetadata ? "&keep_metadata=true" : ""}`,
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

/** Of bytes, in hexadecimal digits; undefined: pages over plain http and React Native do not compute it. */
async function sha256(bytes: Blob): Promise<string | undefined> {
  const hash = await globalThis.crypto?.subtle?.digest("SHA-256", await bytes.arrayBuffer());
  return hash && Array.from(new Uint8Array(hash), (one) => (256 + one).toString(16).slice(1)).join("");
}
