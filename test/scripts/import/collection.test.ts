import { expect, onTestFinished, test } from "vitest";
import { Collection } from "../../../scripts/import/collected/collection.ts";
import { People } from "../../../scripts/import/collected/people.ts";
import { LeftOut } from "../../../scripts/import/left-out.ts";

test("a person stays one user, whether a later mention of them has the e-mail or not", () => {
  const known = new Map([["ann@pine.example", "ours-ann"]]);
  const collection = new Collection(new LeftOut(), new People(new Map(), known));
  onTestFinished(() => collection.close());
  const person = (originId: string, email?: string) =>
    collection.person({ originId, id: `stream:${originId}`, names: [originId], email });
  expect([person("ann", "ann@pine.example"), person("ann"), collection.idOf("ann")]).toEqual(
    Array(3).fill("ours-ann"),
  );
  expect([person("annie"), person("annie", "ann@pine.example")]).toEqual(Array(2).fill("stream:annie"));
  expect([...collection.users.keys()]).toEqual(["ours-ann", "stream:annie"]);
});
