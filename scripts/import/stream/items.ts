import { z } from "zod";
import { ImportFailure } from "../failure.ts";
import { readJsonLines } from "../input/json.ts";
import { readJsonParts } from "../input/json-parts.ts";
import type { Source } from "../input/source.ts";
import { Item } from "./shapes.ts";

/** A user, a channel, a member, a message or a reaction, whatever file it comes from. */
export interface StreamItem {
  type: string;
  data: unknown;
  /** file and line */
  where: string;
}

/** The items that one reading of a file is for. `others`: all but users and messages */
export type Reading = "users" | "others" | "messages";

const Fields = z.record(z.string(), z.unknown());

/**
 * The items of a file: JSON Lines or a list of `{type, item}`, or channels with their messages, as Stream
 * exports them.
 * @param only what is yielded; a file is read once for each
 * @throws ImportFailure that names the file and line
 */
export async function* itemsOf(source: Source, path: string, only: Reading): AsyncGenerator<StreamItem> {
  for await (const item of path.endsWith(".jsonl") ? linesOf(source, path) : partsOf(source, path, only))
    if (readingOf(item) === only) yield item;
}

function readingOf({ type }: StreamItem): Reading {
  return type === "message" ? "messages" : type === "user" ? "users" : "others";
}

async function* linesOf(source: Source, path: string): AsyncGenerator<StreamItem> {
  for await (const { line, value } of readJsonLines(source, path)) yield itemOf(value, `${path}:${line}`);
}

function itemOf(value: unknown, where: string): StreamItem {
  const item = Item.safeParse(value);
  if (!item.success) return { type: "none", data: undefined, where };
  const { type } = item.data;
  const named = Fields.safeParse(value);
  const data = item.data.item ?? item.data.data ?? (named.success ? named.data[type] : undefined);
  return { type, data, where };
}

async function* partsOf(source: Source, path: string, only: Reading): AsyncGenerator<StreamItem> {
  // A channel is an element of a list, or of the list `channels`; an item is an element of a list.
  const inside = (parts: readonly string[]) => (parts[0] === "channels" ? parts.slice(1) : parts);
  const isPart = (parts: readonly string[]) => {
    const [index, key, ...rest] = inside(parts);
    if (index === undefined || !/^\d+$/.test(index) || key === undefined) return false;
    return key === "messages" ? rest.length === 1 : rest.length === 0;
  };
  let index = "";
  let fields: Record<string, unknown> = {};
  let where = path;
  let count = 0;
  for await (const part of readJsonParts(source, path, isPart)) {
    if (!("path" in part)) continue;
    const [at = "", key = ""] = inside(part.path);
    if (at !== index) yield* elementOf(fields, where);
    if (at !== index || count === 0) {
      fields = {};
      index = at;
      where = `${path}:${part.line}`;
    }
    count++;
    if (key !== "messages") {
      // Large fields that this reading passes over are not parsed.
      if (only === "others" || !isLarge(key)) fields[key] = part.parse();
    } else if (only === "messages") {
      const message = Fields.safeParse(part.parse());
      const data = message.success ? { cid: cidOf(fields), ...message.data } : undefined;
      yield { type: "message", data, where: `${path}:${part.line}` };
    }
  }
  yield* elementOf(fields, where);
  if (count === 0)
    throw new ImportFailure(`${path} is no export of Stream: it has no list of channels or items.`);
}

function isLarge(key: string): boolean {
  return key === "members" || key === "read" || key === "reads";
}

/** The item of an element of a list: its own, or a channel with its members. */
function* elementOf(fields: Record<string, unknown>, where: string): Generator<StreamItem> {
  if (typeof fields.type === "string" && ("item" in fields || "data" in fields)) {
    yield itemOf(fields, where);
    return;
  }
  const channel = Fields.safeParse(fields.channel ?? fields);
  if (!channel.success || Object.keys(channel.data).length === 0) return;
  yield { type: "channel", data: { members: fields.members, ...channel.data }, where };
}

/** The id of the channel that an element is, where it stands before the messages. */
function cidOf(fields: Record<string, unknown>): unknown {
  const channel = Fields.safeParse(fields.channel ?? fields);
  return channel.success ? channel.data.cid : undefined;
}
