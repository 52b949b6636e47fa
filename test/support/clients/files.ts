import { env, exports } from "cloudflare:workers";
import { Buffer } from "node:buffer";
import { expect } from "vitest";
import { z } from "zod";
import { File } from "../../../src/surfaces/v1/files/files.ts";
import { type Answer, type CallOptions, call } from "./api.ts";

const StrictFile = File.strict();
export type StrictFile = z.infer<typeof StrictFile>;

export const BOUNDARY = "----a boundary";
export const FORM_TYPE = `multipart/form-data; boundary="${BOUNDARY}"`;

const utf8 = new TextEncoder();

/** A part of a form: its headers as text, and its bytes. */
export interface Part {
  headers: string[];
  bytes: Uint8Array | string;
}

/** The form part of a file. */
export function filePart(bytes: Uint8Array | string, name = "a.bin", type?: string): Part {
  const disposition = `Content-Disposition: form-data; name="file"; filename="${name}"`;
  return { headers: [disposition, ...(type === undefined ? [] : [`Content-Type: ${type}`])], bytes };
}

export function textPart(name: string, text: string): Part {
  return { headers: [`Content-Disposition: form-data; name="${name}"`], bytes: text };
}

/** A multipart/form-data body, in pieces. */
export function formPieces(parts: Part[], end = `--${BOUNDARY}--\r\n`): Uint8Array[] {
  const pieces = parts.flatMap(({ headers, bytes }) => [
    utf8.encode(`--${BOUNDARY}\r\n${headers.join("\r\n")}\r\n\r\n`),
    typeof bytes === "string" ? utf8.encode(bytes) : bytes,
    utf8.encode("\r\n"),
  ]);
  return [...pieces, utf8.encode(end)];
}

/** Concatenates pieces. */
export function concatBytes(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

/** A body of unknown length. @param breaks the stream fails after the last piece */
export function streamOf(pieces: Uint8Array[], breaks = false): ReadableStream<Uint8Array> {
  const remaining = [...pieces];
  return new ReadableStream({
    pull(controller) {
      const piece = remaining.shift();
      if (piece) controller.enqueue(piece);
      else if (breaks) controller.error(new Error("the client is gone"));
      else controller.close();
    },
  });
}

/** Splits bytes into chunks of `size`. */
export function chunk(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

/** Pseudo-random bytes, which repeat nowhere; the same seed gives the same bytes. */
export function pseudoRandomBytes(size: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[i] = state ^ (state >>> 16);
  }
  return new Uint8Array(words.buffer, 0, size);
}

/** `POST /v1/files`. */
export function upload(
  { token }: { token: string },
  body: CallOptions["body"],
  type = "application/octet-stream",
  query = "",
): Promise<Answer> {
  return call("POST", `/v1/files${query}`, { token, body, headers: { "Content-Type": type } });
}

/** Asserts that an upload succeeded. @returns its file */
export function expectUploaded({ status, body }: Answer): StrictFile {
  expect(status, JSON.stringify(body)).toBe(201);
  return StrictFile.parse(body);
}

/** Downloads a file by its URL, without a token. */
export function download(
  url: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Response> {
  return exports.default.fetch(new Request(url, { method, headers }));
}

export async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

export async function sha256(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
}

/**
 * The keys of the objects in R2 and of the rows in D1, sorted. They are the same, except for uploads that
 * were cut off.
 */
export async function storedFiles(): Promise<{ objects: string[]; rows: string[] }> {
  const objects: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await env.FILES.list(cursor === undefined ? {} : { cursor });
    objects.push(...page.objects.map(({ key }) => key));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  const { results } = await env.DB.prepare("SELECT key FROM files ORDER BY key").all();
  const rows = z.array(z.object({ key: z.string() })).parse(results);
  return { objects: objects.sort(), rows: rows.map(({ key }) => key) };
}
