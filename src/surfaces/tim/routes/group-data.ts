import { Hono } from "hono";
import type { CallerEnv } from "../../../http/env.ts";
import { authenticated } from "../auth.ts";
import { parseBody } from "../body.ts";
import { succeed } from "../envelope.ts";
import {
  AttributesDeletion,
  AttributesSetting,
  CountersSetting,
  Counting,
  KeysOfGroup,
} from "../schemas/group-data.ts";
import {
  attributesByName,
  changeAttributesByName,
  countByName,
  countersByName,
  setCountersByName,
} from "../use-cases/group-data.ts";

/** Calls about attributes and counters of groups: for all members. */
export const groupData = new Hono<CallerEnv>({ strict: false });

/** `initGroupAttributes`: these attributes and no others. */
groupData.post("/initGroupAttributes", authenticated, async (c) => {
  const { groupID, groupAttributes: set, version } = await parseBody(c, AttributesSetting);
  const change = { set, deleted: "all", version } as const;
  const state = await changeAttributesByName(c.var.core, c.var.caller.userId, groupID, change);
  return succeed(c, { groupAttributes: state.attributes, version: state.version });
});

/** `setGroupAttributes`: the others stay. */
groupData.post("/setGroupAttributes", authenticated, async (c) => {
  const { groupID, groupAttributes: set, version } = await parseBody(c, AttributesSetting);
  const state = await changeAttributesByName(c.var.core, c.var.caller.userId, groupID, { set, version });
  return succeed(c, { groupAttributes: set, version: state.version });
});

/** `deleteGroupAttributes`: those of these keys, or all. */
groupData.post("/deleteGroupAttributes", authenticated, async (c) => {
  const { groupID, keyList = [], version } = await parseBody(c, AttributesDeletion);
  const deleted = keyList.length === 0 ? "all" : keyList;
  const change = { deleted, version } as const;
  const state = await changeAttributesByName(c.var.core, c.var.caller.userId, groupID, change);
  return succeed(c, { keyList, version: state.version });
});

/** `getGroupAttributes` */
groupData.post("/getGroupAttributes", authenticated, async (c) => {
  const { groupID, keyList } = await parseBody(c, KeysOfGroup);
  const { attributes, version } = await attributesByName(c.var.core, c.var.caller.userId, groupID);
  return succeed(c, { groupAttributes: only(attributes, keyList), version });
});

/** `setGroupCounters`: the others stay. */
groupData.post("/setGroupCounters", authenticated, async (c) => {
  const { groupID, counters } = await parseBody(c, CountersSetting);
  return succeed(c, {
    counters: await setCountersByName(c.var.core, c.var.caller.userId, groupID, counters),
  });
});

/** `increaseGroupCounter` */
groupData.post("/increaseGroupCounter", authenticated, async (c) => {
  const { groupID, key, value } = await parseBody(c, Counting);
  const sum = await countByName(c.var.core, c.var.caller.userId, groupID, key, value);
  return succeed(c, { counters: { [key]: sum } });
});

/** `decreaseGroupCounter` */
groupData.post("/decreaseGroupCounter", authenticated, async (c) => {
  const { groupID, key, value } = await parseBody(c, Counting);
  const sum = await countByName(c.var.core, c.var.caller.userId, groupID, key, -value);
  return succeed(c, { counters: { [key]: sum } });
});

/** `getGroupCounters` */
groupData.post("/getGroupCounters", authenticated, async (c) => {
  const { groupID, keyList } = await parseBody(c, KeysOfGroup);
  const counters = await countersByName(c.var.core, c.var.caller.userId, groupID);
  return succeed(c, { counters: only(counters, keyList) });
});

/** The entries of these keys; of none or an empty list, all. */
function only<T>(entries: Record<string, T>, keys: string[] = []): Record<string, T> {
  if (keys.length === 0) return entries;
  return Object.fromEntries(Object.entries(entries).filter(([key]) => keys.includes(key)));
}
