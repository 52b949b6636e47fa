import { expect, test } from "vitest";
import type { Person } from "../../../../src/domain/accounts/person.ts";
import { UserId } from "../../../../src/domain/ids.ts";
import { NameLookup } from "../../../../src/inbox/name-lookup.ts";
import { timing } from "../../../support/timing.ts";

const id = (number: number) => UserId.parse(number);
const person = (user: UserId): Person => ({ id: user, username: `user-${user}`, nickname: "", avatar: "" });

/** A lookup whose queries are answered when the test says so. */
function lookup() {
  const asked: UserId[][] = [];
  const answers: PromiseWithResolvers<void>[] = [];
  const people = async (ids: UserId[]) => {
    asked.push(ids);
    const answer = Promise.withResolvers<void>();
    answers.push(answer);
    await answer.promise;
    return ids.filter((user) => user < 100).map(person);
  };
  const told: string[] = [];
  const names = new NameLookup({ directory: { people }, timing });
  const find = (...ids: UserId[]) =>
    names.find(
      ids,
      (profileOf) => void told.push(ids.map((user) => profileOf?.(user).username ?? "?").join()),
    );
  return { asked, answers, told, find };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("names are looked up once, one query for all who wait, and given in order", async () => {
  const { asked, answers, told, find } = lookup();
  find(id(1));
  find(id(2), id(1));
  find(id(3));
  answers[0]?.resolve();
  await settled();
  expect(told).toEqual(["user-1"]);
  // What is known waits for those before it.
  find(id(1));
  answers[1]?.resolve();
  await settled();
  expect(asked).toEqual([[id(1)], [id(2), id(3)]]);
  expect(told).toEqual(["user-1", "user-2,user-1", "user-3", "user-1"]);
  find(id(3), id(2));
  expect(told.at(-1)).toBe("user-3,user-2");
  expect(asked).toHaveLength(2);
});

test("an unknown user is a deleted one; a query that fails gives nothing, and the next one is made anew", async () => {
  const { asked, answers, told, find } = lookup();
  find(id(100));
  answers[0]?.resolve();
  await settled();
  expect(told).toEqual(["deleted-100"]);
  find(id(1));
  answers[1]?.reject(new Error("on purpose"));
  await settled();
  expect(told.at(-1)).toBe("?");
  find(id(1));
  answers[2]?.resolve();
  await settled();
  expect(told.at(-1)).toBe("user-1");
  expect(asked).toHaveLength(3);
});
