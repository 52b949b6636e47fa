import { Hono } from "hono";
import { countCost, countPages, weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { authenticated } from "../auth.ts";
import { parseBody } from "../body.ts";
import { succeed } from "../envelope.ts";
import { GroupQuery, groupIDsIn, MessageQuery, PeopleQuery } from "../schemas/search.ts";
import { serializeGroup } from "../serialize/groups.ts";
import { serializeFound } from "../serialize/lists/search.ts";
import { serializeProfile } from "../serialize/users.ts";
import { searchByName, searchGroups, searchPeople } from "../use-cases/search.ts";

/** Searches. */
export const search = new Hono<CallerEnv>({ strict: false });

/** `searchCloudMessages`: in one conversation, or in all. */
search.post("/message/searchCloudMessages", authenticated, weighs("search"), async (c) => {
  const query = await parseBody(c, MessageQuery);
  const { core, caller } = c.var;
  const further = query.criteria.slice(1).map(() => countCost(c, caller.userId, "search"));
  await Promise.all(further);
  return succeed(c, serializeFound(await searchByName(core, caller.userId, query), caller.userId));
});

/** `searchCloudUsers`: among the people whom the caller knows, and by exact name. */
search.post("/user/searchCloudUsers", authenticated, weighs("search"), async (c) => {
  const { keywordList: words, keywordListMatchType, count, ...filters } = await parseBody(c, PeopleQuery);
  const { core, caller } = c.var;
  const keywords = { words, all: keywordListMatchType === "and" };
  const people = await searchPeople(core, caller.userId, keywords, count);
  const found = people.map(serializeProfile).filter((profile) => isWithin(profile, filters));
  return succeed(c, { totalCount: found.length, searchResultList: found, cursor: "" });
});

/** `searchCloudGroups`: among the caller's groups, and by exact id. */
search.post("/group/searchCloudGroups", authenticated, weighs("search"), async (c) => {
  const { keywordList: words, keywordListMatchType, groupTypeList, count } = await parseBody(c, GroupQuery);
  const { core, caller } = c.var;
  const keywords = { words, all: keywordListMatchType === "and" };
  const addresses = groupIDsIn(words);
  const admit = (calls: number) => countPages(c, caller.userId, calls);
  const groups = await searchGroups(core, caller.userId, { keywords, addresses, count }, admit);
  const found = groups.filter(
    ({ policy }) => !groupTypeList || groupTypeList.some((type) => type === policy),
  );
  return succeed(c, {
    ...{ totalCount: found.length, searchResultList: found.map(serializeGroup), cursor: "" },
  });
});

/** Whether a profile has the gender and the birthday of a search. */
function isWithin(
  { gender, birthday }: { gender: string; birthday: string },
  filters: {
    gender?: unknown;
    userGenderType?: unknown;
    miniBirthday?: number | undefined;
    maxBirthday?: number | undefined;
  },
): boolean {
  const wanted = filters.userGenderType ?? filters.gender;
  if (wanted !== undefined && wanted !== gender) return false;
  const { miniBirthday, maxBirthday } = filters;
  if (miniBirthday === undefined && maxBirthday === undefined) return true;
  const born = Number(birthday);
  return birthday !== "" && born >= (miniBirthday ?? 0) && born <= (maxBirthday ?? Number.POSITIVE_INFINITY);
}
