import { Hono } from "hono";
import { z } from "zod";
import type { Core } from "../../../core/context.ts";
import { requireAllowed, requireOutOfShadow } from "../../../core/moderation/shown-texts.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import {
  AttributeKey,
  type AttributesChange,
  type AttributesState,
  CounterKey,
  type GroupCounters,
} from "../../../domain/conversations/group-data.ts";
import type { UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { textsIn } from "../../../domain/moderation/rules/shown.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { integer } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { parseBody } from "../body.ts";
import { succeed } from "../envelope.ts";
import { groupID } from "../ids.ts";
import { withGroup } from "../use-cases/groups.ts";

/** The version of the attributes that the client has seen; absent: any. */
const version = integer.pipe(z.int().nonnegative()).optional();

const atMost = (most: number) =>
  [(fields: object) => Object.keys(fields).length <= most, `must be ${most} at most`] as const;

const groupAttributes = z.record(AttributeKey, z.string()).refine(...atMost(LIMITS.groupAttributes));

/** `initGroupAttributes`, `setGroupAttributes` */
const AttributesSetting = z.object({ groupID, groupAttributes, version });
/** `deleteGroupAttributes`: these, or all. */
const AttributesDeletion = z.object({
  ...{ groupID, version },
  keyList: z
    .array(z.string())
    .max(LIMITS.groupAttributes, `must be ${LIMITS.groupAttributes} at most`)
    .optional(),
});
/** `getGroupAttributes`, `getGroupCounters`: those of these keys, or all. */
const KeysOfGroup = z.object({ groupID, keyList: z.array(z.string()).max(LIMITS.page).optional() });

const value = z.int({ error: "must be an integer" });

/** `setGroupCounters` */
const CountersSetting = z.object({
  groupID,
  counters: z.record(CounterKey, value).refine(...atMost(LIMITS.groupCounters)),
});
/** `increaseGroupCounter`, `decreaseGroupCounter` */
const Counting = z.object({ groupID, key: CounterKey, value });

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

/** The attributes of a group. @throws as `withGroup` */
function attributesByName(core: Core, caller: UserId, group: GroupAddress): Promise<AttributesState> {
  return withGroup(core, caller, group, (id) => core.conversations.attributes(id, { userId: caller }));
}

/** Changes attributes of a group. @throws as `withGroup`, `conflict` for an older version, `refused` */
function changeAttributesByName(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  change: AttributesChange,
): Promise<AttributesState> {
  return withGroup(core, caller, group, async (id) => {
    await requireOutOfShadow(core, caller);
    await requireAllowed(core, { group_data: textsIn(change.set ?? {}) }, id);
    return core.conversations.changeAttributes(id, { userId: caller, ...change });
  });
}

/** The counters of a group. @throws as `withGroup` */
function countersByName(core: Core, caller: UserId, group: GroupAddress): Promise<GroupCounters> {
  return withGroup(core, caller, group, (id) => core.conversations.counters(id, { userId: caller }));
}

/** Sets counters of a group; the others stay. @throws as `withGroup` */
function setCountersByName(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  values: GroupCounters,
): Promise<GroupCounters> {
  return withGroup(core, caller, group, async (id) => {
    await requireOutOfShadow(core, caller);
    return core.conversations.setCounters(id, { userId: caller, values });
  });
}

/** Adds to a counter of a group. @throws as `withGroup` */
function countByName(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  key: string,
  delta: number,
): Promise<number> {
  return withGroup(core, caller, group, async (id) => {
    await requireOutOfShadow(core, caller);
    return core.conversations.addToCounter(id, { userId: caller, key, delta });
  });
}
