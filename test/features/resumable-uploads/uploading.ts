import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { expect } from "vitest";
import { z } from "zod";
import { File } from "../../../src/surfaces/v1/files/files.ts";
import { Upload, UploadPart } from "../../../src/surfaces/v1/files/resumable-uploads.ts";
import { app } from "../../support/app.ts";
import {
  type Answer,
  type CallOptions,
  call,
  readAnswer,
  request,
  type SignedIn,
} from "../../support/clients/api.ts";
import { bytesOf, download, type StrictFile } from "../../support/clients/files.ts";

export const PART = 5 * 1024 * 1024;

const StrictUpload = Upload.strict();
export type StrictUpload = z.infer<typeof StrictUpload>;
const StrictPart = UploadPart.strict();
const StrictFileShape = File.strict();

let names = 0;

/** The body of `POST /v1/files/uploads`, with a client upload id that no other call has. */
export function announced(size: number, fields: object = {}) {
  names += 1;
  const named = { client_upload_id: `upload ${names}`, name: "film.mp4", content_type: "video/mp4" };
  return { ...named, size, ...fields };
}

/** `POST /v1/files/uploads`. */
export function start({ token }: SignedIn, body: object): Promise<Answer> {
  return call("POST", "/v1/files/uploads", { token, body });
}

/** Starts an upload. @returns it */
export async function started(user: SignedIn, size: number, fields: object = {}): Promise<StrictUpload> {
  const answer = await start(user, announced(size, fields));
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return StrictUpload.parse(answer.body);
}

/** Asserts that an answer is an upload. */
export function expectUpload({ status, body }: Answer, expected = 200): StrictUpload {
  expect(status, JSON.stringify(body)).toBe(expected);
  return StrictUpload.parse(body);
}

/** `GET /v1/files/uploads/{id}`. */
export function read({ token }: SignedIn, id: string): Promise<Answer> {
  return call("GET", `/v1/files/uploads/${id}`, { token });
}

/** `PUT /v1/files/uploads/{id}/parts/{part}`. */
export function put(
  { token }: SignedIn,
  id: string,
  part: number | string,
  body: CallOptions["body"],
  headers: Record<string, string> = {},
): Promise<Answer> {
  const options = { token, body, headers: { "Content-Type": "application/octet-stream", ...headers } };
  return call("PUT", `/v1/files/uploads/${id}/parts/${part}`, options);
}

/** The bytes of a part of a file. */
export function partOf(bytes: Uint8Array, part: number): Uint8Array {
  return bytes.subarray((part - 1) * PART, part * PART);
}

/** Sends a part, and asserts that it is there. */
export async function sent(user: SignedIn, id: string, part: number, bytes: Uint8Array): Promise<void> {
  const { status, body } = await put(user, id, part, bytes);
  expect(status, JSON.stringify(body)).toBe(200);
  expect(StrictPart.parse(body)).toEqual({ part, size: bytes.byteLength, sha256: hex(bytes) });
}

/** Starts an upload and sends all its parts. */
export async function filled(user: SignedIn, bytes: Uint8Array): Promise<StrictUpload> {
  const upload = await started(user, bytes.byteLength);
  for (let part = 1; part <= upload.part_count; part++)
    await sent(user, upload.id, part, partOf(bytes, part));
  return upload;
}

/** `POST /v1/files/uploads/{id}/complete`. */
export function complete({ token }: SignedIn, id: string): Promise<Answer> {
  return call("POST", `/v1/files/uploads/${id}/complete`, { token });
}

/** `DELETE /v1/files/uploads/{id}`. */
export function cancel({ token }: SignedIn, id: string): Promise<Answer> {
  return call("DELETE", `/v1/files/uploads/${id}`, { token });
}

/** Asserts that an answer is a file with these bytes. */
export async function expectFile({ status, body }: Answer, bytes: Uint8Array): Promise<StrictFile> {
  expect(status, JSON.stringify(body)).toBe(200);
  const file = StrictFileShape.parse(body);
  expect(file).toMatchObject({ size: bytes.byteLength, sha256: hashOfParts(bytes) });
  const response = await download(file.url);
  expect(response.status).toBe(200);
  expect(response.headers.get("Content-Length")).toBe(String(bytes.byteLength));
  expect(Buffer.compare(await bytesOf(response), bytes)).toBe(0);
  return file;
}

/** The hash that v1 documents for a file in parts. */
export function hashOfParts(bytes: Uint8Array): string {
  const count = Math.ceil(bytes.byteLength / PART);
  if (count === 1) return hex(bytes);
  const hash = createHash("sha256");
  for (let part = 1; part <= count; part++) hash.update(hex(partOf(bytes, part)), "hex");
  return `${hash.digest("hex")}-${count}`;
}

export const hex = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const Row = z.object({ r2_upload_id: z.string(), state: z.string() });

/** The row of an upload in D1; null if there is none. */
export async function rowOf(id: string): Promise<z.infer<typeof Row> | null> {
  const query = "SELECT r2_upload_id, state FROM file_uploads WHERE key = ?";
  return Row.nullable().parse(await env.DB.prepare(query).bind(id).first());
}

/** How many rows D1 has of the parts of an upload. */
export async function partRows(id: string): Promise<number> {
  const query = "SELECT count(*) AS n FROM file_upload_parts WHERE key = ?";
  return z.object({ n: z.int() }).parse(await env.DB.prepare(query).bind(id).first()).n;
}

/** Asserts that nothing is left of an upload, in D1 or in R2. @param r2UploadId of its multipart upload */
export async function expectNothingLeft(id: string, r2UploadId: string): Promise<void> {
  expect(await rowOf(id)).toBeNull();
  expect(await partRows(id)).toBe(0);
  expect(await env.FILES.head(id)).toBeNull();
  await expect(env.FILES.resumeMultipartUpload(id, r2UploadId).uploadPart(1, "x")).rejects.toThrow("(10024)");
}

/** Calls the Worker with other bindings. */
export async function callWith(
  bindings: Partial<Env>,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const asked = request(method, path, options);
  const response = await app.fetch(asked, { ...env, ...bindings }, createExecutionContext());
  return readAnswer(method, path, response);
}

/** Where a call of R2 fails: before R2 does anything, or once it is done. */
type Moment = "before" | "after";

/** A bucket of which one method fails, of the bucket or of its multipart uploads. */
export function failingBucket(method: string, moment: Moment): R2Bucket {
  const lost = () => Promise.reject(new Error(`${method}: We encountered an internal error. (10001)`));
  const wrap = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get(from, key) {
        const value: unknown = Reflect.get(from, key);
        if (!(value instanceof Function)) return value;
        return (...args: unknown[]): unknown => {
          if (key === method && moment === "before") return lost();
          const result: unknown = Reflect.apply(value, from, args);
          if (key === "resumeMultipartUpload" && result instanceof Object) return wrap(result);
          return key === method ? Promise.resolve(result).then(lost) : result;
        };
      },
    });
  return wrap(env.FILES);
}
