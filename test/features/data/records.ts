import { exports } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { ExportRecord } from "../../../src/domain/data/records.ts";
import { call, request } from "../../support/clients/api.ts";

const Report = z.object({
  imported: z.record(z.string(), z.int()),
  unchanged: z.record(z.string(), z.int()),
  left_out: z.array(z.object({ line: z.int(), type: z.string().nullable(), reason: z.string() })),
  left_out_count: z.int(),
  files_wanted: z.array(z.object({ external_id: z.string(), sha256: z.string() })),
});
export type Report = z.infer<typeof Report>;

/** Imports records, or lines as they are. */
export async function importAll(token: string, records: readonly (ExportRecord | string)[]): Promise<Report> {
  const body = records
    .map((record) => (typeof record === "string" ? record : JSON.stringify(record)))
    .join("\n");
  const answer = await call("POST", "/v1/server/imports", { token, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return Report.parse(answer.body);
}

/** All parts of an export, without `version` and `end`. @param path with or without a query */
export async function exportAll(
  token: string,
  path: string,
): Promise<{ records: ExportRecord[]; cursor: string }> {
  const records: ExportRecord[] = [];
  for (let cursor: string | undefined; ; ) {
    const [base = "", query = ""] = path.split("?");
    const search = new URLSearchParams(query);
    if (cursor !== undefined) {
      search.delete("since");
      search.set("cursor", cursor);
    }
    const response = await exports.default.fetch(request("GET", `${base}?${search}`, { token }));
    const text = new TextDecoder().decode(await response.arrayBuffer());
    expect(response.status, text).toBe(200);
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => ExportRecord.parse(JSON.parse(line)));
    const last = lines.at(-1);
    if (last?.type !== "end") throw new Error(`the part has no end: ${text.slice(-200)}`);
    records.push(...lines.filter(({ type }) => type !== "version" && type !== "end"));
    if (!last.end.more) return { records, cursor: last.end.cursor };
    cursor = last.end.cursor;
  }
}

/** The same records under other external ids, as if they came from another deployment. */
export function renamed(records: readonly ExportRecord[], from: string, to: string): ExportRecord[] {
  return records.map((record) =>
    ExportRecord.parse(JSON.parse(JSON.stringify(record).replaceAll(`"${from}`, `"${to}`))),
  );
}

/** Records in an order of their own, for a comparison. */
export function sorted(records: readonly ExportRecord[]): ExportRecord[] {
  const rank = {
    ...{ version: 0, user: 1, file: 2, space: 3, role: 4, category: 4.5, space_member: 5 },
    ...{ conversation: 6, message: 7, member: 8, read: 9, end: 10 },
  };
  const keyOf = (record: ExportRecord) => (record.type === "message" ? "" : JSON.stringify(record));
  return records.toSorted(
    (a, b) => rank[a.type] - rank[b.type] || (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0),
  );
}
