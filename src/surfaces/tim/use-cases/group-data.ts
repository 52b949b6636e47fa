import type { Core } from "../../../core/context.ts";
import { requireAllowed, requireOutOfShadow } from "../../../core/moderation/shown-texts.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import type {
  AttributesChange,
  AttributesState,
  GroupCounters,
} from "../../../domain/conversations/group-data.ts";
import type { UserId } from "../../../domain/ids.ts";
import { textsIn } from "../../../domain/moderation/rules/shown.ts";
import { withGroup } from "./groups.ts";

/** The attributes of a group. @throws as `withGroup` */
export function attributesByName(core: Core, caller: UserId, group: GroupAddress): Promise<AttributesState> {
  return withGroup(core, caller, group, (id) => core.conversations.attributes(id, { userId: caller }));
}

/** Changes attributes of a group. @throws as `withGroup`, `conflict` for an older version, `refused` */
export function changeAttributesByName(
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
export function countersByName(core: Core, caller: UserId, group: GroupAddress): Promise<GroupCounters> {
  return withGroup(core, caller, group, (id) => core.conversations.counters(id, { userId: caller }));
}

/** Sets counters of a group; the others stay. @throws as `withGroup` */
export function setCountersByName(
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
export function countByName(
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
