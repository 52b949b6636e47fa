import { CoreError } from "../../domain/errors.ts";

/** Passes the bytes of a file on. @throws `too_large` at the first byte over the limit */
export async function* boundedBytes(
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    requireSize(size, maxBytes);
    yield chunk;
  }
}

/** @throws `too_large` */
export function requireSize(size: number, maxBytes: number): void {
  if (size <= maxBytes) return;
  const detail = `A file must be at most ${maxBytes} bytes (${maxBytes / 1_048_576} MiB).`;
  throw new CoreError("too_large", detail);
}
