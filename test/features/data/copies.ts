import { z } from "zod";
import type { ExportRecord } from "../../../src/domain/data/records.ts";
import { ConversationId, UserId } from "../../../src/domain/ids.ts";
import { call } from "../../support/clients/api.ts";
import type { Caller, Named } from "../../support/clients/chat.ts";
import { conversationObject, loseConversation } from "../../support/objects/room.ts";
import { exportAll, importAll, type Report, renamed } from "./records.ts";

/** A conversation that went through an export and an import, as another deployment has it. */
export interface Copy {
  /** the conversation in the copy */
  id: number;
  report: Report;
  records: ExportRecord[];
  /** who a user of the original is in the copy; without a token if they may not sign in there */
  of(who: Named): Promise<Caller & Named>;
  /** imports the records of the original once more, as it is now; or others */
  again(records?: readonly ExportRecord[]): Promise<Report>;
  /** begins such an import, and loses the object of the conversation meanwhile, as a crash does */
  lost(records: readonly ExportRecord[]): Promise<void>;
  /** the records of the original now, as the copy has them */
  exported(): Promise<ExportRecord[]>;
}

/**
 * Exports a conversation and imports it under other ids.
 * @param key with the scopes `data`, `conversations`, `tokens` and `users`
 * @param change what becomes of the records in between
 */
export async function copyOf(
  key: string,
  original: number,
  change: (records: ExportRecord[]) => ExportRecord[] = (records) => records,
): Promise<Copy> {
  const prefix = `copy${crypto.randomUUID().slice(0, 8)}:`;
  const exported = async () => {
    const { records } = await exportAll(key, `/v1/server/conversations/${original}/export`);
    return renamed(records, "parley:", prefix);
  };
  const records = change(await exported());
  const report = await importAll(key, records);
  const room = records.find((record) => record.type === "conversation");
  if (room?.type !== "conversation") throw new Error("an export has a conversation");
  const found = await call(
    "GET",
    `/v1/server/conversations/${encodeURIComponent(`ext:${room.conversation.external_id}`)}`,
    { token: key },
  );
  const all = [...records];
  const of = async ({ user }: Named) => {
    const own = all.find(
      (record) => record.type === "user" && record.user.external_id.startsWith(`${prefix}u${user.id}-`),
    );
    if (own?.type !== "user") throw new Error("the export has the user");
    const path = `/v1/server/users/${encodeURIComponent(`ext:${own.user.external_id}`)}`;
    const { body } = await call("POST", `${path}/tokens`, { token: key, body: {} });
    const there = await call("GET", path, { token: key });
    return {
      token: z.object({ token: z.string().default("") }).parse(body).token,
      user: z.object({ id: z.int() }).parse(there.body),
    };
  };
  const { id } = z.object({ id: z.int() }).parse(found.body);
  return {
    id,
    ...{ report, records, of, exported },
    again: async (others) => {
      const given = others ?? (await exported());
      all.push(...given);
      return importAll(key, given);
    },
    lost: async (given) => {
      all.push(...given);
      const body = given.map((record) => JSON.stringify(record)).join("\n");
      const begun = call("POST", "/v1/server/imports", { token: key, body });
      await loseConversation(id);
      await begun;
    },
  };
}

/** All texts that a user sees, the quoted ones too: a member, or one who left. */
export async function textsSeen({ user }: Named, id: number): Promise<string[]> {
  const conversation = conversationObject(ConversationId.parse(id));
  const reader = { userId: UserId.parse(user.id), includeFormer: true };
  const history = await conversation.history({ ...reader, ascending: true, limit: 100 });
  if (!history.ok) throw new Error("the history is refused");
  return history.value.items.flatMap(({ body, quote }) => {
    const { text } = z.looseObject({ text: z.string().optional() }).parse(JSON.parse(body));
    return [...(text === undefined ? [] : [text]), ...(quote ? [`> ${quote.preview}`] : [])];
  });
}
