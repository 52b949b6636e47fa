import { z } from "zod";
import { AttributeKey, CounterKey } from "../../../domain/conversations/group-data.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { integer } from "../../../http/fields.ts";
import { groupID } from "../ids.ts";

/** The version of the attributes that the client has seen; absent: any. */
const version = integer.pipe(z.int().nonnegative()).optional();

const atMost = (most: number) =>
  [(fields: object) => Object.keys(fields).length <= most, `must be ${most} at most`] as const;

const groupAttributes = z.record(AttributeKey, z.string()).refine(...atMost(LIMITS.groupAttributes));

/** `initGroupAttributes`, `setGroupAttributes` */
export const AttributesSetting = z.object({ groupID, groupAttributes, version });
/** `deleteGroupAttributes`: these, or all. */
export const AttributesDeletion = z.object({
  ...{ groupID, version },
  keyList: z
    .array(z.string())
    .max(LIMITS.groupAttributes, `must be ${LIMITS.groupAttributes} at most`)
    .optional(),
});
/** `getGroupAttributes`, `getGroupCounters`: those of these keys, or all. */
export const KeysOfGroup = z.object({ groupID, keyList: z.array(z.string()).max(LIMITS.page).optional() });

const value = z.int({ error: "must be an integer" });

/** `setGroupCounters` */
export const CountersSetting = z.object({
  groupID,
  counters: z.record(CounterKey, value).refine(...atMost(LIMITS.groupCounters)),
});
/** `increaseGroupCounter`, `decreaseGroupCounter` */
export const Counting = z.object({ groupID, key: CounterKey, value });
