import { describe, expect, test } from "vitest";
import { PolicyName } from "../../../src/domain/conversations/group-kind.ts";
import {
  capacityOf,
  isDiscoverable,
  joinMode,
  may,
  outranks,
  POLICIES,
} from "../../../src/domain/conversations/group-policies.ts";

const ROLES = ["member", "admin", "owner"] as const;

test("a higher role may do all that a lower one may", () => {
  expect(ROLES.map((role) => may(role, "member"))).toEqual([true, true, true]);
  expect(ROLES.map((role) => may(role, "admin"))).toEqual([false, true, true]);
  expect(ROLES.map((role) => may(role, "owner"))).toEqual([false, false, true]);
  expect(ROLES.map((role) => may(role, "nobody"))).toEqual([false, false, false]);
});

test("no member may act on an equal or a superior", () => {
  const pairs = ROLES.flatMap((actor) => ROLES.map((target) => [actor, target] as const));
  const allowed = pairs.filter(([actor, target]) => outranks(actor, target));
  expect(allowed).toEqual([
    ["admin", "member"],
    ["owner", "member"],
    ["owner", "admin"],
  ]);
});

describe.each(PolicyName.options)("a group of kind %s", (policy) => {
  const SETTINGS = ["free", "approval", "closed"] as const;

  test("its own setting decides whether strangers find it, unless its kind does", () => {
    const found = [true, false, null].map((discoverable) => isDiscoverable({ policy, discoverable }));
    const expected = { on: [true, false, true], off: [true, false, false], never: [false, false, false] };
    expect(found).toEqual(expected[POLICIES[policy].discoverable]);
  });

  test("strangers can find it without a setting only if it is a kind of tim that its document shows them", () => {
    const isShown = ["public", "chatroom", "community", "livestream"].includes(policy);
    expect(isDiscoverable({ policy, discoverable: null })).toBe(isShown);
  });

  test("the group's own setting counts only where the kind leaves it open", () => {
    const ways = SETTINGS.map((joinPolicy) => joinMode({ policy, joinPolicy }));
    const { join } = POLICIES[policy];
    if (join === "as_set") expect(ways).toEqual(SETTINGS);
    else expect(new Set(ways)).toEqual(new Set([join === "free" ? "free" : "closed"]));
  });

  test("it never takes more members than the server allows", () => {
    expect(capacityOf({ maxMembers: null }, 1_000)).toBeLessThanOrEqual(1_000);
    expect(capacityOf({ maxMembers: 5_000 }, 1_000)).toBeLessThanOrEqual(1_000);
    expect(capacityOf({ maxMembers: 7 }, 1_000)).toBe(7);
  });
});
