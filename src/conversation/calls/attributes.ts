import type { AttributesChange, GroupCounters } from "../../domain/conversations/group-data.ts";
import { WEIGHTS, weightOfBytes } from "../../object/user-budgets.ts";
import { type Caller, growing, once, repeatable } from "./call.ts";

const { light } = WEIGHTS;

/** The calls that concern what the members of a group keep with it. */
export const ATTRIBUTES = {
  /** The attributes, and the number of their last change. @see GroupData.attributes */
  attributes: repeatable(light, ({ room }, { userId }: Caller) => room.groupData.attributes(userId)),

  /** Changes attributes. A second try would be a conflict with the first. @see GroupData.changeAttributes */
  changeAttributes: once(
    ({ set }: AttributesChange) => light + weightOfBytes(JSON.stringify(set ?? {}).length),
    growing(({ room }, { userId, ...change }: Caller & AttributesChange) =>
      room.groupData.changeAttributes(userId, change),
    ),
  ),

  /** The counters. @see GroupData.counters */
  counters: repeatable(light, ({ room }, { userId }: Caller) => room.groupData.counters(userId)),

  /** Sets counters. @see GroupData.setCounters */
  setCounters: repeatable(
    light,
    growing(({ room }, { userId, values }: Caller & { values: GroupCounters }) =>
      room.groupData.setCounters(userId, values),
    ),
  ),

  /** Adds to a counter. A second try would count twice. @see GroupData.addToCounter */
  addToCounter: once(
    light,
    growing(({ room }, { userId, key, delta }: Caller & { key: string; delta: number }) =>
      room.groupData.addToCounter(userId, key, delta),
    ),
  ),
};
